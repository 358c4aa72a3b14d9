/** Objects that a plan must not take away, move, stop or loosen unless that is asked for by name. */
import { anatomyOf, covers } from '../documents.ts';
import type { Model, Ref } from '../model.ts';
import type { Issue } from './draft.ts';

export function protectedChanges(before: Model, after: Model, refs: ReadonlySet<Ref>): Issue[] {
  return [...refs].flatMap((ref): Issue[] => {
    const what =
      unitChange(before, after, ref) ?? accountChange(before, after, ref) ?? policyChange(before, after, ref);
    return what === undefined
      ? []
      : [{ code: 'protected', key: ref, message: `${ref} is protected and would be ${what}` }];
  });
}

function unitChange(before: Model, after: Model, ref: Ref): string | undefined {
  const [was, willBe] = [before.units.get(ref), after.units.get(ref)];
  if (!was) return undefined;
  if (!willBe) return 'deleted';
  return was.parent === willBe.parent ? undefined : 'moved';
}

function accountChange(before: Model, after: Model, ref: Ref): string | undefined {
  const [was, willBe] = [before.accounts.get(ref), after.accounts.get(ref)];
  if (!was || !willBe) return undefined;
  if (was.parent !== willBe.parent) return 'moved';
  if (was.state === willBe.state) return undefined;
  if (willBe.state === 'SUSPENDED') return 'suspended';
  return willBe.state === 'CLOSED' ? 'closed' : undefined;
}

function policyChange(before: Model, after: Model, ref: Ref): string | undefined {
  const [was, willBe] = [before.policies.get(ref), after.policies.get(ref)];
  if (!was) return undefined;
  if (!willBe) return 'deleted';
  if (was.content !== willBe.content && !covers(anatomyOf(willBe.content).denies, anatomyOf(was.content).denies))
    return 'loosened';
  for (const [target, attached] of before.attachments) {
    if (attached.get(ref) !== 'enforce') continue;
    const gone = target !== 'root' && !after.units.has(target) && !after.accounts.has(target);
    if (!gone && after.attachments.get(target)?.get(ref) !== 'enforce') return `taken from ${target}`;
  }
  return undefined;
}
