/** What the organization puts above the policies of an account: the one place from which questions about others take it. */
import type { Level } from '../../../policies/engine/index.ts';

export interface Guardrails {
  /** Levels that bind the principals of the account, root first. Undefined: none does (no organization, management account). */
  scp(accountId: string): readonly Level[] | undefined;
  /** Levels that bind whoever uses resources of the account. */
  rcp(accountId: string): readonly Level[] | undefined;
}

export const NO_GUARDRAILS: Guardrails = { scp: () => undefined, rcp: () => undefined };
