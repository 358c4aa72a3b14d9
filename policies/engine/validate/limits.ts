/** Size limits (iam.md 1.10): generous by default, AWS's figures on demand. */
import type { PolicyKind } from '../model.ts';

export interface SizeLimit {
  readonly characters: number;
  /** Whether white space outside strings counts. */
  readonly countsWhiteSpace: boolean;
}

export interface PolicyLimits {
  readonly size: Readonly<Record<PolicyKind, SizeLimit>>;
  readonly statements: number;
  /** Only U+0009, U+000A, U+000D and U+0020 to U+00FF. */
  readonly latin1Only: boolean;
}

const KINDS: readonly PolicyKind[] = ['identity', 'boundary', 'session', 'scp', 'rcp', 'resource', 'trust', 'endpoint'];
const everywhere = { characters: 65_536, countsWhiteSpace: true };

/** 64 KiB and 1,000 statements for every kind. */
export const defaultLimits: PolicyLimits = {
  size: Object.fromEntries(KINDS.map((kind) => [kind, everywhere])) as Record<PolicyKind, SizeLimit>,
  statements: 1_000,
  latin1Only: false,
};

/**
 * What AWS accepts, for documents that must be portable. Inline policies share 2,048 (user), 5,120 (group) or 10,240
 * (role) characters in total; that sum is the business of whoever stores them.
 */
export const awsStrict: PolicyLimits = {
  size: {
    identity: { characters: 6_144, countsWhiteSpace: false },
    boundary: { characters: 6_144, countsWhiteSpace: false },
    session: { characters: 2_048, countsWhiteSpace: true },
    scp: { characters: 10_240, countsWhiteSpace: true },
    rcp: { characters: 5_120, countsWhiteSpace: true },
    resource: { characters: 32_768, countsWhiteSpace: true },
    trust: { characters: 2_048, countsWhiteSpace: false },
    endpoint: { characters: 20_480, countsWhiteSpace: true },
  },
  statements: 1_000,
  latin1Only: true,
};
