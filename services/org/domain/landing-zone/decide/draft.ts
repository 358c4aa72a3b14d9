/** What is being decided: the organization before and after, what has to be remembered, and what stands in the way. */
import type { Binding } from '../bind.ts';
import { type Choice, choose, type Policy, type Three } from '../choose.ts';
import type { Desired } from '../desired.ts';
import { type LiveOrganization, type RecordChange, type RecordKind, recordName, type Value } from '../live.ts';
import type { Model, Ref } from '../model.ts';

/** Something a person has to know or decide. */
export interface Issue {
  code: string;
  key: Ref;
  message: string;
}

export interface Draft {
  readonly desired: Desired;
  readonly live: LiveOrganization;
  readonly binding: Binding;
  readonly before: Model;
  readonly after: Model;
  readonly policy: Policy;
  /** What is forgotten or goes by another key. */
  readonly records: RecordChange[];
  /** What is remembered anew, by object. */
  readonly patches: Map<string, RecordChange>;
  readonly conflicts: Issue[];
  readonly warnings: Issue[];
}

export interface Field {
  kind: RecordKind;
  key: Ref;
  field: string;
  wanted: Value | undefined;
  live: Value | undefined;
  /** What the object is called in messages. */
  of: string;
  inheritance?: boolean;
}

/** What was applied to the object; undefined when it never was. */
export function appliedTo(draft: Draft, kind: RecordKind, key: Ref) {
  return draft.binding.records.get(recordName(kind, key));
}

/** Decides one field of an object, remembers what is as wanted, and reports a conflict. */
export function settle(draft: Draft, { kind, key, field, wanted, live, of, inheritance }: Field): Choice {
  const record = appliedTo(draft, kind, key);
  const applied = record?.state[field];
  const three: Three = { wanted, live, applied, known: record !== undefined, ...(inheritance && { inheritance }) };
  const choice = choose(three, draft.policy);
  if (choice.outcome === 'same' && (!record || applied !== wanted))
    remember(draft, kind, key, { [field]: wanted ?? null });
  if (choice.outcome === 'conflict')
    draft.conflicts.push({
      code: 'conflict',
      key,
      message: `${field} of ${of}: the file says ${say(wanted)}, it is ${say(live)}, ${say(applied)} was applied`,
    });
  return choice;
}

/** Remembered at the start of an apply: nothing has to change for it. */
export function remember(draft: Draft, kind: RecordKind, key: Ref, patch: Readonly<Record<string, Value>>): void {
  const name = recordName(kind, key);
  const before = draft.patches.get(name)?.patch;
  draft.patches.set(name, { kind, key, id: draft.binding.idOf.get(key), patch: { ...before, ...patch } });
}

export function forget(draft: Draft, kind: RecordKind, key: Ref): void {
  draft.records.push({ kind, key, gone: true });
}

function say(value: Value | undefined): string {
  if (value === undefined || value === null) return 'nothing';
  const text = String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
