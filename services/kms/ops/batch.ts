/**
 * What the batch operations share. Guarantees: every distinct key and context of a request is a target of its one
 * authorization; an item that fails does so alone, for reasons that are its own (a fault of ours fails the request);
 * results stand where their items stood.
 */
import { ServiceError } from '../../../platform/contract/error.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { AuthorizationTarget, Call, Resolved } from '../../../platform/runtime/call.ts';
import type { KmsDeps } from '../deps.ts';
import type { EncryptionContext } from '../domain/canonical.ts';
import { messageAad } from '../domain/ciphertext.ts';
import { MAX_BATCH_CONTEXT_BYTES } from '../domain/limits.ts';
import type { KeyRecord, Material } from '../store/key-record.ts';
import { askAboutKey, findKey, missingKey } from './key-access.ts';
import { contextConditions, requireContext } from './key-use.ts';

type AnyCall = Call<AnyOperation>;

/** What became of an item so far. */
export type Item<Ready> = { ready: Ready } | { problem: ServiceError };

export interface Problem {
  ErrorCode: string;
  ErrorMessage: string;
}

/** Codes that are about an item; with others the request fails as a whole. */
const WHOLE = new Set(['Internal', 'Unavailable', 'InvalidGrantToken']);

/** The result of an item, or its own problem. */
export async function attempt<Ready>(run: () => Ready | Promise<Ready>): Promise<Item<Ready>> {
  try {
    return { ready: await run() };
  } catch (error) {
    if (error instanceof ServiceError && !WHOLE.has(error.code)) return { problem: error };
    throw error;
  }
}

export function told({ code, message, hint }: ServiceError): Problem {
  return { ErrorCode: code, ErrorMessage: message || (hint ?? '') };
}

/** Answers what a function gives for a text, asking it once for each. */
export function once<Value>(): (name: string, make: () => Promise<Value>) => Promise<Value> {
  const known = new Map<string, Promise<Value>>();
  return (name, make) => {
    const found = known.get(name) ?? make();
    known.set(name, found);
    return found;
  };
}

/** A context as text, the same for the same pairs in any order. */
export function contextText(context: EncryptionContext | undefined): string {
  return JSON.stringify(Object.entries(context ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** All contexts stand in one record, which has to pass from service to service. */
export function requireContexts(
  call: AnyCall,
  items: readonly { EncryptionContext?: EncryptionContext | undefined }[],
) {
  const distinct = new Map<string, EncryptionContext>();
  for (const { EncryptionContext: context } of items) if (context) distinct.set(contextText(context), context);
  let bytes = 0;
  for (const [text, context] of distinct) {
    requireContext(call, context);
    bytes += Buffer.byteLength(text);
  }
  if (bytes > MAX_BATCH_CONTEXT_BYTES) {
    throw call.fail('Validation', `encryption contexts are longer than ${MAX_BATCH_CONTEXT_BYTES} bytes together`, {
      hint: 'send fewer items with different contexts at once',
    });
  }
}

/** A message under a key: its record and what is authenticated with the message. */
export interface Place {
  record: KeyRecord;
  aad: Buffer;
}

interface KeyItem {
  KeyId: string;
  EncryptionContext?: EncryptionContext | undefined;
}

/** `resolve` of a batch whose items name their keys. */
export async function resolveItems(
  call: AnyCall,
  deps: KmsDeps,
  items: readonly KeyItem[],
): Promise<Resolved<Item<Place>[]>> {
  requireContexts(call, items);
  const targets: AuthorizationTarget[] = [];
  const ask = once<Item<Place>>();
  const state: Item<Place>[] = [];
  for (const { KeyId, EncryptionContext } of items) {
    const question = JSON.stringify([KeyId, contextText(EncryptionContext)]);
    const item = ask(question, () =>
      attempt(async () => {
        const found = await findKey(call, deps, KeyId);
        const answer = await askAboutKey(call, deps, found, { conditions: contextConditions(EncryptionContext) });
        targets.push(answer.target);
        if (!answer.record) throw missingKey(call, found.reference);
        return { record: answer.record, aad: messageAad(answer.record.ownerAad, EncryptionContext) };
      }),
    );
    state.push(await item);
  }
  return requireTargets(call, targets, state);
}

/** A request none of whose items names anything is refused with the problem of its first. */
export function requireTargets<Ready>(
  call: AnyCall,
  targets: readonly AuthorizationTarget[],
  state: Item<Ready>[],
): Resolved<Item<Ready>[]> {
  const [first] = state;
  if (targets.length === 0 && first && 'problem' in first) {
    throw call.fail(first.problem.code as never, first.problem.message, { hint: 'no item names a key' });
  }
  return { targets, state };
}

/**
 * Hands the items of each key material to the HSM together and puts the answers where the items were. `undefined` from
 * the HSM is the problem that `refused` makes.
 */
export async function byMaterial<Ready extends { material: Material }, Answer, Result extends object>(
  items: readonly Item<Ready>[],
  ask: (material: Material, group: readonly Ready[]) => Promise<readonly Answer[]>,
  result: (ready: Ready, answer: Answer) => Result | ServiceError,
): Promise<{ Items: (Result | Problem)[]; FailedCount: number }> {
  const groups = new Map<Material, { at: number; ready: Ready }[]>();
  const results: (Result | Problem)[] = items.map((item, at) => {
    if ('problem' in item) return told(item.problem);
    const group = groups.get(item.ready.material) ?? [];
    groups.set(item.ready.material, group);
    group.push({ at, ready: item.ready });
    return { ErrorCode: 'Internal', ErrorMessage: '' };
  });
  let failed = items.filter((item) => 'problem' in item).length;
  const asked = [...groups].map(async ([material, group]) => {
    const answers = await ask(
      material,
      group.map(({ ready }) => ready),
    );
    group.forEach(({ at, ready }, index) => {
      const made = result(ready, answers[index] as Answer);
      if (made instanceof ServiceError) failed += 1;
      results[at] = made instanceof ServiceError ? told(made) : made;
    });
  });
  await Promise.all(asked);
  return { Items: results, FailedCount: failed };
}
