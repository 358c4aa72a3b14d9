/** The policy sets that bind one request, gathered by the caller. */
import type { PolicySet } from '../lookup/policy-set.ts';

/** One node of the organization path (root, unit, account) with the union of what is attached to it. */
export interface Level {
  readonly id: string;
  readonly name: string;
  readonly set: PolicySet;
}

/**
 * Everything that binds one request. A layer that is left out does not exist for this request (no boundary, no
 * session policy, management account); a layer that is present but empty allows nothing. `identity` left out is
 * the same as empty.
 */
export interface Layers {
  readonly rcp?: readonly Level[];
  readonly scp?: readonly Level[];
  readonly endpoint?: PolicySet;
  readonly resource?: PolicySet;
  /** `explicit`: identity policies count only if the resource policy names the account (KMS key, role trust). */
  readonly resourceTrust?: 'normal' | 'explicit';
  readonly identity?: PolicySet;
  readonly boundary?: PolicySet;
  readonly session?: PolicySet;
}
