/** Limits of the detective engine: rows of one record, so that an installation can raise every one of them. */
export interface DetectiveLimits {
  /** Registered resources of one account. */
  externalResources: number;
  typesPerAccount: number;
  rulesPerAccount: number;
  exceptionsPerAccount: number;
  tagsPerResource: number;
  /** How long facts that a service of ours records are believed without confirmation. */
  freshnessHours: number;
}

export const DEFAULT_DETECTIVE_LIMITS: DetectiveLimits = {
  externalResources: 1_000_000,
  typesPerAccount: 200,
  rulesPerAccount: 1_000,
  exceptionsPerAccount: 5_000,
  tagsPerResource: 50,
  freshnessHours: 6,
};
