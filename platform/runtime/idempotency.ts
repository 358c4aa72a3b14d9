/** Remembered answers of writes: the same token and input give the first answer again, another input is refused. */
import { createHmac } from 'node:crypto';
import { canonicalJson } from '../audit/canonical-json.ts';
import type { RecordDraft } from '../audit/record.ts';
import { decoder, encoder } from '../contract/codec.ts';
import { ServiceError } from '../contract/error.ts';
import type { AnyOperation } from '../contract/operation.ts';
import { type Shape, shapeTree } from '../contract/shape-tree.ts';
import type { AnyTransaction, ClaimResult, Store } from '../store/index.ts';

const IDEMPOTENCY_MS = 24 * 3_600_000;

/** Remembers the answer of a write under the caller's token, in the transaction of the write. */
export class Idempotency {
  private readonly key: { accountId: string; principal: string; operation: string; token: string; requestHash: string };
  private readonly shape: Shape | undefined;
  private readonly store: Store<unknown>;

  /** `key`: keeps guesses of what a request said from being compared with its hash. */
  constructor(
    operation: AnyOperation,
    accountId: string,
    principal: string,
    token: string,
    draft: RecordDraft,
    store: Store<unknown>,
    key: Buffer,
  ) {
    const input = encoder(shapeTree(operation.input), 'native')(draft.input);
    const requestHash = createHmac('sha256', key).update(canonicalJson(input)).digest('hex');
    this.key = { accountId, principal, operation: operation.name, token, requestHash };
    this.shape = operation.output && shapeTree(operation.output);
    this.store = store;
  }

  /** What an earlier request answered; undefined when there was none. */
  async recall(): Promise<{ output: unknown } | undefined> {
    return this.outputOf(await this.store.idempotency.recall(this.store.read, this.key));
  }

  /** The same inside the transaction, taking the token when it is free. */
  async claim(tx: AnyTransaction, now: number): Promise<{ output: unknown } | undefined> {
    return this.outputOf(await this.store.idempotency.claim(tx, { ...this.key, expiresAt: now + IDEMPOTENCY_MS }));
  }

  private outputOf(claim: ClaimResult): { output: unknown } | undefined {
    if (claim.kind === 'new') return undefined;
    if (claim.kind === 'mismatch') {
      throw new ServiceError('Conflict', 'the idempotency token was used with another input', {
        hint: 'use a new token for a new request',
        details: { wireCode: 'IdempotentParameterMismatchException' },
      });
    }
    if (claim.kind === 'in-progress' || claim.response === null) {
      throw new ServiceError('Conflict', 'a request with the same idempotency token was already carried out', {
        hint: 'its answer holds a secret and is not kept; look the object up, or delete it and create it anew',
      });
    }
    if (!this.shape) return { output: undefined };
    return { output: decoder(this.shape, 'native')(JSON.parse(claim.response.toString('utf8'))) };
  }

  /** Keeps the answer, unless it holds a secret. */
  async complete(tx: AnyTransaction, output: unknown): Promise<void> {
    const keep = this.shape === undefined || !holdsSecret(this.shape);
    const body = this.shape ? JSON.stringify(encoder(this.shape, 'native')(output)) : '{}';
    await this.store.idempotency.complete(tx, this.key, keep ? { response: Buffer.from(body) } : {});
  }
}

function holdsSecret(shape: Shape): boolean {
  if (shape.secret) return true;
  if (shape.kind === 'structure') return shape.members.some((m) => holdsSecret(m.shape));
  if (shape.kind === 'list') return holdsSecret(shape.item);
  if (shape.kind === 'map') return holdsSecret(shape.value);
  return false;
}
