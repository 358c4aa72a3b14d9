/**
 * Idempotency tokens of the AWS model: the same token and input within five minutes is the same request, and gets the
 * same answer. They are part of the body, unlike the token of the native API.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../platform/audit/canonical-json.ts';
import { decoder, encoder } from '../../../platform/contract/codec.ts';
import { shapeTree } from '../../../platform/contract/shape-tree.ts';
import type { AnyTransaction, ClaimResult } from '../../../platform/store/index.ts';
import type { PcaDeps } from '../deps.ts';
import type { AnyCall } from './authority-access.ts';

const REMEMBERED_MS = 300_000;

export interface RequestToken<Output> {
  /** What an earlier request answered. */
  recall(): Promise<Output | undefined>;
  /** `work`, unless somebody was faster: then what that one answered. */
  once(tx: AnyTransaction, work: () => Promise<Output>): Promise<Output>;
}

/** Without a token every request is a new one. */
export function requestToken<Output>(call: AnyCall, deps: PcaDeps, token: string | undefined): RequestToken<Output> {
  if (token === undefined) return { recall: async () => undefined, once: (_tx, work) => work() };
  const { operation, caller, input } = call;
  const asked = encoder(shapeTree(operation.input), 'native')(input);
  const key = {
    accountId: caller.accountId,
    principal: caller.principalId,
    // Tokens of the native API are others.
    operation: `${operation.name}:body`,
    token,
    requestHash: createHash('sha256').update(canonicalJson(asked)).digest('hex'),
  };
  const shape = shapeTree(operation.output);
  const answer = (found: ClaimResult): Output | undefined => {
    if (found.kind === 'new') return undefined;
    if (found.kind === 'mismatch')
      throw call.fail('InvalidArgs', 'the idempotency token was used with another input', {
        hint: 'use a new token for a new request',
      });
    if (found.kind === 'in-progress' || found.response === null)
      throw call.fail('RequestInProgress', 'a request with the same idempotency token is under way');
    return decoder(shape, 'native')(JSON.parse(found.response.toString('utf8'))) as Output;
  };
  return {
    recall: async () => answer(await deps.store.idempotency.recall(deps.store.read as never, key)),
    async once(tx, work) {
      const found = answer(await deps.store.idempotency.claim(tx, { ...key, expiresAt: call.now + REMEMBERED_MS }));
      if (found) return found;
      const output = await work();
      const response = Buffer.from(JSON.stringify(encoder(shape, 'native')(output)));
      await deps.store.idempotency.complete(tx, key, { response });
      return output;
    },
  };
}
