/**
 * The ACME server (RFC 8555): which resource a request is for, and what is answered when it is refused. A refusal is a
 * problem document; what is our own fault is told without its reason.
 */

import { randomBytes } from 'node:crypto';
import { ServiceError } from '../../../../platform/contract/error.ts';
import type { InputOf } from '../../../../platform/contract/operation.ts';
import { type Call, implementFor } from '../../../../platform/runtime/call.ts';
import { ACME_PATH, AnswerAcmeRequest } from '../../api/acme/protocol.ts';
import type { PcaDeps } from '../../deps.ts';
import { NONCE_RANDOM_BYTES, writeNonce } from '../../domain/acme/nonce.ts';
import { AcmeProblem } from '../../domain/acme/problem.ts';
import { account, keyChange, newAccount } from './accounts.ts';
import { authorization, challenge, newAuthorization } from './authorizations.ts';
import { certificate, renewalInfo, revokeCert } from './certificates.ts';
import { directoryById } from './directory-access.ts';
import { finalize } from './finalize.ts';
import { createOrder, ordersOfAccount, readOrderResource } from './orders.ts';
import { type Output, output, type Reply } from './reply.ts';
import { fromAccount, fromEither, fromKey, ID, type Visit, visit } from './request.ts';

const implement = implementFor<PcaDeps>();

export const answerAcmeRequest = implement(AnswerAcmeRequest, {
  resolve: () => ({ targets: [], state: undefined }),
  async run(call, input, _state, deps) {
    const [directoryId = '', ...path] = pathOf(input.Target);
    const directory = ID.test(directoryId) ? await directoryById(deps, directoryId) : undefined;
    if (!directory) return refusal(new AcmeProblem('malformed', 'there is no such directory', { status: 404 }), {});
    const visited = visit(call, input, directory);
    // Every answer to a POST has a nonce for the next one; those to newNonce are about nothing else.
    const gives = input.Method === 'POST' || path[0] === 'new-nonce';
    const more = {
      ...(path[0] !== 'directory' && { link: `<${visited.at('directory')}>;rel="index"` }),
      ...(gives && { 'replay-nonce': await freshNonce(deps, directoryId, call.now) }),
    };
    try {
      const reply = await serve(deps, visited, path);
      const link = [reply.headers?.link, more.link].filter((one) => one !== undefined).join(', ');
      return output(reply, { ...more, ...(link !== '' && { link }) });
    } catch (error) {
      const problem = problemOf(call, input, deps, error);
      return refusal(problem, more);
    }
  },
});

function pathOf(target: string): string[] {
  const [path = ''] = target.split('?');
  return path.startsWith(ACME_PATH) ? path.slice(ACME_PATH.length).split('/') : [];
}

async function freshNonce(deps: PcaDeps, directoryId: string, now: number): Promise<string> {
  return writeNonce(await deps.acme.nonceKey(), directoryId, now, randomBytes(NONCE_RANDOM_BYTES));
}

async function serve(deps: PcaDeps, visited: Visit, path: string[]): Promise<Reply> {
  const { input } = visited;
  const [resource, a = '', b = '', c = ''] = path;
  const isRead = input.Method !== 'POST';
  const is = (name: string, parts: number) => resource === name && path.length === parts;
  if (is('directory', 1) && isRead) return directory(visited);
  if (is('new-nonce', 1) && isRead) return { status: input.Method === 'HEAD' ? 200 : 204 };
  if (is('renewal-info', 2) && isRead) return renewalInfo(deps, visited, a);
  if (!KNOWN.has(resource ?? '')) throw new AcmeProblem('malformed', 'there is no such resource', { status: 404 });
  if (isRead) throw new AcmeProblem('malformed', 'the resource is asked for with a signed POST', { status: 405 });
  if (is('new-account', 1)) return newAccount(deps, await fromKey(deps, visited));
  if (is('revoke-cert', 1)) return revokeCert(deps, await fromEither(deps, visited));
  const request = await fromAccount(deps, visited);
  if (is('account', 2)) return account(deps, request, a);
  if (is('account', 3) && b === 'orders') return ordersOfAccount(deps, request, a, input.Target.split('?')[1] ?? '');
  if (is('key-change', 1)) return keyChange(deps, request);
  if (is('new-order', 1)) return createOrder(deps, request);
  if (is('new-authz', 1)) return newAuthorization(deps, request);
  if (is('order', 2)) return readOrderResource(deps, request, a);
  if (is('order', 3) && b === 'finalize') return finalize(deps, request, a);
  if (is('authz', 3)) return authorization(deps, request, a, b);
  if (is('chall', 4)) return challenge(deps, request, a, b, c);
  if (is('cert', 2)) return certificate(deps, request, a);
  throw new AcmeProblem('malformed', 'there is no such resource', { status: 404 });
}

const KNOWN: ReadonlySet<string> = new Set([
  ...[
    'new-account',
    'revoke-cert',
    'account',
    'key-change',
    'new-order',
    'new-authz',
    'order',
    'authz',
    'chall',
    'cert',
  ],
]);

function directory({ at, directory: { rules } }: Visit): Reply {
  return {
    status: 200,
    body: {
      newNonce: at('new-nonce'),
      newAccount: at('new-account'),
      newOrder: at('new-order'),
      newAuthz: at('new-authz'),
      revokeCert: at('revoke-cert'),
      keyChange: at('key-change'),
      renewalInfo: at('renewal-info'),
      meta: { externalAccountRequired: rules.bindingRequired },
    },
  };
}

function refusal(problem: AcmeProblem, more: Readonly<Record<string, string>>): Output {
  const body = problem.document();
  const { retryAfterSeconds, location } = problem.options;
  const headers = {
    'content-type': 'application/problem+json',
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds))) }),
    ...(location !== undefined && { location }),
  };
  return output({ status: body.status, headers, body: JSON.stringify(body) }, more);
}

function problemOf(
  call: Call<typeof AnswerAcmeRequest>,
  input: InputOf<typeof AnswerAcmeRequest>,
  deps: PcaDeps,
  error: unknown,
): AcmeProblem {
  if (error instanceof AcmeProblem) return error;
  const busy = error instanceof ServiceError && (error.code === 'Unavailable' || error.code === 'RequestInProgress');
  if (busy) {
    const retryAfterSeconds = error.details.retryAfterSeconds ?? 5;
    return new AcmeProblem('serverInternal', error.message, { status: 503, retryAfterSeconds });
  }
  deps.log.error(
    { requestId: call.origin.requestId, target: input.Target.slice(0, 200), err: String(error) },
    'ACME request failed',
  );
  return new AcmeProblem('serverInternal', 'the request failed');
}
