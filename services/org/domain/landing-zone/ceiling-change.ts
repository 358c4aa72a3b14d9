/**
 * What accounts may at most do, before and afterwards, action by action. Conditions are not guessed at: an action that
 * is denied or allowed under conditions, or on some resources, counts as restricted.
 */
import { type CompiledStatement, compilePolicy } from '../../../../policies/engine/index.ts';
import { canonicalAction } from '../../../../policies/engine/pattern/action-pattern.ts';
import { matchStringPattern } from '../../../../policies/engine/pattern/string-pattern.ts';
import { attachedTo, chainOf, type Model, type Ref } from './model.ts';

export interface CeilingChange {
  /** Accounts whose ceilings change in the same way. */
  accounts: Ref[];
  /** Allowed or restricted before, not allowed afterwards. */
  denied: string[];
  /** Allowed before, restricted afterwards. */
  restricted: string[];
  /** Less restricted than before. */
  opened: string[];
}

type Verdict = 0 | 1 | 2;
const NO: Verdict = 0;
const SOME: Verdict = 1;
const YES: Verdict = 2;

export function ceilingChanges(before: Model, after: Model, actions: readonly string[]): CeilingChange[] {
  const documents = new Documents();
  const groups = new Map<string, { accounts: Ref[]; was: Levels; willBe: Levels }>();
  const places = { before: new Map<Ref, Levels>(), after: new Map<Ref, Levels>() };
  for (const [ref, account] of before.accounts) {
    if (account.management || !after.accounts.has(ref)) continue;
    const was = levelsOf(before, ref, documents, places.before);
    const willBe = levelsOf(after, ref, documents, places.after);
    const [first, second] = [JSON.stringify(was), JSON.stringify(willBe)];
    if (first === second) continue;
    const key = `${first} ${second}`;
    const group = groups.get(key);
    if (group) group.accounts.push(ref);
    else groups.set(key, { accounts: [ref], was, willBe });
  }
  return [...groups.values()].flatMap(({ accounts, was, willBe }): CeilingChange[] => {
    const change: CeilingChange = { accounts, denied: [], restricted: [], opened: [] };
    for (const action of actions) {
      const [a, b] = [documents.verdict(was, action), documents.verdict(willBe, action)];
      if (a === b) continue;
      if (b > a) change.opened.push(action);
      else if (b === NO) change.denied.push(action);
      else change.restricted.push(action);
    }
    const changed = change.denied.length + change.restricted.length + change.opened.length;
    return changed === 0 ? [] : [change];
  });
}

/** Numbers of the documents in force at each level, the account's own first. */
type Levels = readonly (readonly number[])[];

/** A suspended account may do nothing: one level that allows nothing. */
function levelsOf(model: Model, ref: Ref, documents: Documents, places: Map<Ref, Levels>): Levels {
  const account = model.accounts.get(ref);
  if (!account || account.state === 'SUSPENDED' || account.state === 'CLOSED') return [[]];
  const at = (target: Ref): number[] =>
    [...attachedTo(model, target)]
      .flatMap(([policy, mode]) => {
        const found = mode === 'enforce' ? model.policies.get(policy) : undefined;
        return found?.type === 'SERVICE_CONTROL_POLICY' ? [documents.number(found.content)] : [];
      })
      .sort((a, b) => a - b);
  let above = places.get(account.parent);
  if (!above) {
    above = chainOf(model, account.parent).map(at);
    places.set(account.parent, above);
  }
  return [at(ref), ...above];
}

class Documents {
  private readonly numbers = new Map<string, number>();
  private readonly texts: string[] = [];
  private readonly answers = new Map<string, Verdict>();

  number(content: string): number {
    const known = this.numbers.get(content);
    if (known !== undefined) return known;
    this.numbers.set(content, this.texts.length);
    return this.texts.push(content) - 1;
  }

  verdict(levels: Levels, action: string): Verdict {
    let verdict: Verdict = YES;
    for (const level of levels) {
      let allowed: Verdict = NO;
      for (const document of level) {
        const denies = this.reach(document, 'Deny', action);
        if (denies === YES) return NO;
        if (denies === SOME) verdict = SOME;
        const allows = this.reach(document, 'Allow', action);
        if (allows > allowed) allowed = allows;
      }
      if (allowed === NO) return NO;
      if (allowed === SOME) verdict = SOME;
    }
    return verdict;
  }

  private reach(document: number, effect: 'Allow' | 'Deny', action: string): Verdict {
    const key = `${document} ${effect} ${action}`;
    let answer = this.answers.get(key);
    if (answer === undefined) {
      answer = reach(this.texts[document] as string, effect, action);
      this.answers.set(key, answer);
    }
    return answer;
  }
}

const compiled = new Map<string, readonly CompiledStatement[]>();
const REMEMBERED = 500;

/** How far statements of an effect reach an action: everywhere, under conditions, not at all. */
function reach(document: string, effect: 'Allow' | 'Deny', action: string): Verdict {
  let statements = compiled.get(document);
  if (!statements) {
    statements = compilePolicy(document, { arn: 'arn:landing-zone', kind: 'scp' }).statements;
    if (compiled.size >= REMEMBERED) compiled.clear();
    compiled.set(document, statements);
  }
  const text = canonicalAction(action);
  let found: Verdict = NO;
  for (const statement of statements) {
    if (statement.effect !== effect) continue;
    const named = statement.actions.some((pattern) => matchStringPattern(pattern, text, 0, text.length, NO_CONTEXT));
    if (named === statement.negatedAction) continue;
    if (statement.conditions.length === 0 && isEverything(statement)) return YES;
    found = SOME;
  }
  return found;
}

const NO_CONTEXT = new Map<string, string>();

function isEverything({ resources, negatedResource }: CompiledStatement): boolean {
  return !negatedResource && (resources ?? []).some((pattern) => pattern.arn === undefined);
}
