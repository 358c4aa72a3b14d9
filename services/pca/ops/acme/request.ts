/**
 * From the bytes that the gateway carried to a request that an account made: well-formed, sent to this URL, with a nonce
 * that nobody used before, signed by the key of the account. Everything a client asks for goes through here.
 */
import type { InputOf } from '../../../../platform/contract/operation.ts';
import type { Call } from '../../../../platform/runtime/call.ts';
import { ACME_PATH, type AnswerAcmeRequest } from '../../api/acme/protocol.ts';
import type { PcaDeps } from '../../deps.ts';
import { NONCE_MS, readNonce } from '../../domain/acme/nonce.ts';
import { AcmeProblem } from '../../domain/acme/problem.ts';
import type { AcmeAccountRow } from '../../domain/acme/rows.ts';
import { useNonce } from '../../store/acme/account-queries.ts';
import { accountById, accountByKey } from './account-rows.ts';
import type { Directory } from './directory-access.ts';
import { type AccountKey, type Jws, type PublicJwk, readJws, requireSignature } from './jws.ts';
import type { Doing } from './order-rows.ts';

/** What every resource of a directory gets. */
export interface Visit {
  call: Call<typeof AnswerAcmeRequest>;
  input: InputOf<typeof AnswerAcmeRequest>;
  directory: Directory;
  /** Of the request, as the client has to have it in its header. */
  url: string;
  /** Of a resource of the directory. */
  at(...path: string[]): string;
}

export type Signed = Visit & { jws: Jws };
/** By the key of an account that is valid. */
export type FromAccount = Signed & { account: AcmeAccountRow };
/** By a key that is sent along. */
export type FromKey = Signed & { key: AccountKey };

export function visit(
  call: Call<typeof AnswerAcmeRequest>,
  input: InputOf<typeof AnswerAcmeRequest>,
  directory: Directory,
): Visit {
  const at = (...path: string[]) => [`${input.Base}${ACME_PATH}${directory.row.directory_id}`, ...path].join('/');
  return { call, input, directory, url: `${input.Base}${input.Target}`, at };
}

/** On whose behalf changes are made. */
export const doing = ({ directory, account, call }: FromAccount): Doing => ({
  directory,
  account,
  origin: call.origin,
});

const MEDIA_TYPE = 'application/jose+json';

async function signed(deps: PcaDeps, visited: Visit): Promise<Signed> {
  const { input, url, directory } = visited;
  if (input.ContentType.split(';')[0]?.trim().toLowerCase() !== MEDIA_TYPE)
    throw new AcmeProblem('malformed', `the media type of a request is ${MEDIA_TYPE}`, { status: 415 });
  const jws = await readJws(input.Body, url);
  await spendNonce(deps, directory.row.directory_id, jws.nonce, visited.call.now);
  return { ...visited, jws };
}

async function spendNonce(deps: PcaDeps, directoryId: string, nonce: string | undefined, now: number): Promise<void> {
  const expiresAt = nonce === undefined ? undefined : readNonce(await deps.acme.nonceKey(), directoryId, now, nonce);
  if (nonce === undefined || expiresAt === undefined)
    throw new AcmeProblem('badNonce', 'the nonce is not one of ours, or too old');
  if (!(await deps.store.transaction((tx) => useNonce(tx, nonce, { madeAt: expiresAt - NONCE_MS, expiresAt }))))
    throw new AcmeProblem('badNonce', 'the nonce was used before');
}

export async function fromAccount(deps: PcaDeps, visited: Visit): Promise<FromAccount> {
  const request = await signed(deps, visited);
  const { jws } = request;
  if (!('kid' in jws.key)) throw new AcmeProblem('malformed', 'the request has to name its account in kid');
  const account = await accountOfKid(deps, visited, jws.key.kid);
  await requireSignature(jws, JSON.parse(account.jwk) as PublicJwk);
  // Said only to who has the key.
  if (account.state !== 'valid') throw new AcmeProblem('unauthorized', `the account is ${account.state}`);
  return { ...request, account };
}

export async function fromKey(deps: PcaDeps, visited: Visit): Promise<FromKey> {
  const request = await signed(deps, visited);
  const { jws } = request;
  if (!('jwk' in jws.key)) throw new AcmeProblem('malformed', 'the request has to bring its key in jwk');
  await requireSignature(jws, jws.key.jwk.jwk);
  return { ...request, key: jws.key.jwk };
}

/** Revocations come from either. */
export async function fromEither(deps: PcaDeps, visited: Visit): Promise<FromAccount | FromKey> {
  const request = await signed(deps, visited);
  const { jws, directory } = request;
  if ('kid' in jws.key) {
    const account = await accountOfKid(deps, visited, jws.key.kid);
    await requireSignature(jws, JSON.parse(account.jwk) as PublicJwk);
    if (account.state !== 'valid') throw new AcmeProblem('unauthorized', `the account is ${account.state}`);
    return { ...request, account };
  }
  await requireSignature(jws, jws.key.jwk.jwk);
  const account = await accountByKey(deps, directory.row.directory_id, jws.key.jwk.thumbprint);
  return account?.state === 'valid' ? { ...request, account } : { ...request, key: jws.key.jwk };
}

async function accountOfKid(deps: PcaDeps, { at, directory }: Visit, kid: string): Promise<AcmeAccountRow> {
  const start = at('account', '');
  const id = kid.startsWith(start) ? kid.slice(start.length) : '';
  const account = ID.test(id) ? await accountById(deps, directory.row.directory_id, id) : undefined;
  if (!account) throw new AcmeProblem('accountDoesNotExist', 'there is no account of that name in this directory');
  return account;
}

export const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
