/** What an act of a step has in its hands: a change like any other, ids for keys, and what is written down about it. */
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Act } from '../../domain/landing-zone/acts.ts';
import { type Ref, ROOT } from '../../domain/landing-zone/model.ts';
import type { GuardrailType } from '../../domain/shipped.ts';
import type { Db } from '../../store/db.ts';
import { idOfKey } from '../../store/landing-zone/objects.ts';
import type { Changing } from '../changes.ts';
import type { Pair } from '../policies/attachment-changes.ts';
import type { PlanBody } from './stored-plan.ts';

/** The act cannot be done as things are: the apply stops here, and can be resumed. */
export class StepRefused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The operation that would have done the same: what the record says. */
export interface Equivalent {
  operation: AnyOperation;
  input: Record<string, unknown>;
  /** Objects it changes: id, or `target/policy`. */
  objects: readonly string[];
  /** Of the policy among them. */
  policyType?: GuardrailType;
}

export interface Acting extends Changing {
  plan: PlanBody;
  /** Ids of what this step has made. */
  made: Map<Ref, string>;
  /** Where this step has changed attachments, per target and type, and how it was before. */
  touched: Map<string, Pair>;
}

/** `Changing.fail` of a step. */
export const refuse = (code: string, message: string) => new StepRefused(code, message);

/** Where references are looked up; `tx` may be a view. */
type Known = Pick<Acting, 'organization' | 'plan' | 'made'> & { tx: Db };

/** The id behind a reference: of the plan, or made by an earlier step. */
export async function idOf({ tx, organization, plan, made }: Known, ref: Ref): Promise<string> {
  if (ref === ROOT) return organization.root_id;
  if (ref.startsWith('@')) return ref.slice(1);
  const known = made.get(ref) ?? plan.ids[ref] ?? (await idOfKey(tx, organization.organization_id, ref));
  if (known === undefined) throw new StepRefused('Missing', `${ref} does not exist`);
  return known;
}

export type ActHandler<K extends Act['kind']> = (
  acting: Acting,
  act: Extract<Act, { kind: K }>,
) => Promise<Equivalent | undefined>;
