/** Questions about aliases. Changing one needs the permission on the alias and on every key it leaves or reaches. */
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { AuthorizationTarget, Call } from '../../../platform/runtime/call.ts';
import type { KmsDeps } from '../deps.ts';
import { type AliasNameProblem, aliasNameProblem } from '../domain/alias-name.ts';
import { aliasArn } from '../domain/key-ref.ts';
import { type AliasRow, aliasRowBytes, type Unsealed } from '../domain/rows.ts';
import { guardedAlias } from '../store/key-cache.ts';
import type { KeyRecord } from '../store/key-record.ts';
import { readAlias } from '../store/queries.ts';
import { askAboutKey, callerConditions, type FoundKey, findOwnKey, type KeyAnswer, placeOf } from './key-access.ts';

type AnyCall = Call<AnyOperation>;

export function requireAliasName(call: AnyCall, name: string): void {
  const problem: AliasNameProblem | undefined = aliasNameProblem(name);
  if (!problem) return;
  const code = 'InvalidAliasName' in call.operation.errors ? problem.code : 'Validation';
  throw call.fail(code, problem.message);
}

/** An alias is in the project of its key; without a key, in the default one. */
export function aliasTarget(
  call: AnyCall,
  deps: KmsDeps,
  name: string,
  key: KeyRecord | undefined,
): AuthorizationTarget {
  const place = placeOf(call, deps);
  return {
    resource: aliasArn(place, name),
    accountId: place.accountId,
    context: callerConditions(call, deps),
    ...(key && { project: key.row.enterprise_project_id }),
  };
}

/** The key an alias operation points at: a key id or key ARN of the own account. */
export async function findTarget(
  call: AnyCall,
  deps: KmsDeps,
  text: string,
): Promise<{ found: FoundKey; answer: KeyAnswer }> {
  if (text.startsWith('alias/') || /^arn:[^:]*:kms:[^:]*:[^:]*:alias\//.test(text)) {
    throw call.fail('Validation', 'Aliases must refer to keys. Not aliases');
  }
  const found = await findOwnKey(call, deps, text);
  return { found, answer: await askAboutKey(call, deps, found) };
}

/** The question about the key an alias leads to now. */
export function askAboutHolder(call: AnyCall, deps: KmsDeps, record: KeyRecord): Promise<KeyAnswer> {
  const { key_id: keyId } = record.row;
  return askAboutKey(call, deps, {
    reference: { kind: 'key', accountId: record.accountId, keyId, arn: record.arn },
    record,
  });
}

export function missingAlias(call: AnyCall, deps: KmsDeps, name: string) {
  return call.fail('NotFound', `Alias ${aliasArn(placeOf(call, deps), name)} is not found.`, {
    hint: 'list the aliases of the account',
  });
}

/** The verified row of an alias that leads to the key; undefined when it changed meanwhile. */
export async function aliasRowOf(deps: KmsDeps, record: KeyRecord, name: string): Promise<AliasRow | undefined> {
  const row = await readAlias(deps.store.read, record.accountId, name);
  if (!row || row.key_id !== record.row.key_id) return undefined;
  await deps.guard.verify([guardedAlias(row)]);
  return row;
}

export async function sealedAlias(deps: KmsDeps, row: Unsealed<AliasRow>): Promise<AliasRow> {
  const [row_mac] = await deps.guard.seal([aliasRowBytes(row)]);
  return { ...row, row_mac: row_mac! };
}
