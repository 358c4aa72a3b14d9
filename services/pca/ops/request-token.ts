/**
 * Idempotency tokens of the AWS model: the same token and input within five minutes is the same request, and gets the
 * same answer. They are part of the body, unlike the token of the native API. Secrets are neither compared nor kept.
 */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { canonicalJson } from '../../../platform/audit/canonical-json.ts';
import { decoder, encoder } from '../../../platform/contract/codec.ts';
import { type Shape, shapeTree } from '../../../platform/contract/shape-tree.ts';
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

/** Without a token every request is a new one. `kept`: what is remembered where it is not the whole answer. */
export function requestToken<Output>(
  call: AnyCall,
  deps: PcaDeps,
  token: string | undefined,
  kept: z.ZodObject = call.operation.output,
): RequestToken<Output> {
  if (token === undefined) return { recall: async () => undefined, once: (_tx, work) => work() };
  const { operation, caller, input } = call;
  const inputShape = shapeTree(operation.input);
  const asked = withoutSecrets(inputShape, encoder(inputShape, 'native')(input));
  const key = {
    accountId: caller.accountId,
    principal: caller.principalId,
    // Tokens of the native API are others.
    operation: `${operation.name}:body`,
    token,
    requestHash: createHash('sha256').update(canonicalJson(asked)).digest('hex'),
  };
  const shape = shapeTree(kept);
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

/** SECURITY: the hash of a request stands in the database, where a password could be guessed by it. */
function withoutSecrets(shape: Shape, asked: unknown): unknown {
  if (shape.kind !== 'structure') return asked;
  const secret = new Set(shape.members.filter((member) => member.shape.secret).map(({ name }) => name));
  return Object.fromEntries(Object.entries(asked as object).filter(([name]) => !secret.has(name)));
}
