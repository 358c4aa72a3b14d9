/** Limits of the organization (spec org 3.11): rows of one record, so that an installation can raise every one of them. */

export interface OrgLimits {
  /** Members and open invitations together. */
  accounts: number;
  units: number;
  /** Units below one another; the root and accounts do not count. The database holds 10 at most. */
  unitDepth: number;
  policiesPerType: number;
  /** Policies of one type attached to one node. */
  attachmentsPerNode: number;
  /** Bytes of a document in UTF-8, without white space outside strings. */
  policyBytes: number;
  creationsInProgress: number;
  /** Closed within 30 days: a share of the members, within bounds. */
  closures: { percentOfMembers: number; atLeast: number; atMost: number };
  closuresInProgress: number;
  invitationsPerDay: number;
  invitationDays: number;
  /** How long a closed account can be reinstated. */
  graceDays: number;
  /** How long a member must stay before it may leave or be removed. */
  minimumMembershipDays: number;
  tagsPerResource: number;
  /** Members that may administer one service. */
  delegatedAdministratorsPerService: number;
}

export const DEFAULT_LIMITS: OrgLimits = {
  accounts: 10_000,
  units: 2_000,
  unitDepth: 5,
  policiesPerType: 10_000,
  attachmentsPerNode: 10,
  policyBytes: 10_240,
  creationsInProgress: 20,
  closures: { percentOfMembers: 20, atLeast: 250, atMost: 1_000 },
  closuresInProgress: 20,
  invitationsPerDay: 100,
  invitationDays: 15,
  graceDays: 90,
  minimumMembershipDays: 0,
  tagsPerResource: 50,
  delegatedAdministratorsPerService: 5,
};

/** What AWS accepts where it is less than ours: for organizations that must stay portable. */
export const AWS_STRICT_LIMITS: OrgLimits = {
  ...DEFAULT_LIMITS,
  creationsInProgress: 5,
  invitationsPerDay: 20,
  minimumMembershipDays: 4,
};

/** How many members may be closed within 30 days. */
export function closuresAllowed({ closures }: OrgLimits, members: number): number {
  const share = Math.floor((members * closures.percentOfMembers) / 100);
  return Math.min(Math.max(share, closures.atLeast), closures.atMost);
}
