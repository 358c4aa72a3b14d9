/**
 * Carries orders at outside CAs out, a step at a time: what an order's state says is to be done next, after asking the CA
 * how far it is. A process that dies in between leaves an order that another one takes up where it was.
 */
import { ServiceError } from '../../../../platform/contract/error.ts';
import type { Job } from '../../../../platform/runtime/service.ts';
import { OutsideRecords } from '../../api/outside/protocol.ts';
import type { PcaDeps } from '../../deps.ts';
import { OutsideFailure } from '../../domain/outside/failure.ts';
import {
  answering,
  failedAttempt,
  finalizing,
  isOver,
  lost,
  type OutsideOrder,
  type Proof,
  placed,
  unreached,
  waiting,
} from '../../domain/outside/order.ts';
import { clientFor, ensureAccount, forgetAccount } from '../../ops/outside/account.ts';
import { type OutsideAuthority, outsideAuthorityById } from '../../ops/outside/authority-access.ts';
import {
  type AcmeClient,
  type AuthorizationDocument,
  type OutsideOrderDocument,
  problemFailure,
} from '../../ops/outside/client/client.ts';
import { verifiedOutsideOrder } from '../../ops/outside/order-rows.ts';
import { listDueOutsideOrders } from '../../store/outside/order-queries.ts';
import { HeldOrder, OrderLost } from './held-order.ts';
import { keepIssued } from './keep-issued.ts';

const BATCH = 64;
const AT_ONCE = 8;
const MOST_STEPS = 10;
const POLL_MS = 2_000;

export const carryOutOrders: Job<PcaDeps> = {
  name: 'pca-outside-orders',
  everyMs: 1_000,
  async run(deps) {
    const due = await listDueOutsideOrders(deps.store.read, deps.clock.now(), BATCH);
    const ids = due.map(({ order_id }) => order_id);
    const worker = async () => {
      for (let id = ids.shift(); id !== undefined; id = ids.shift()) await takeUp(deps, id);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  },
};

async function takeUp(deps: PcaDeps, orderId: string): Promise<void> {
  try {
    const row = await verifiedOutsideOrder(deps, orderId);
    const authority = row && (await outsideAuthorityById(deps, row.outside_authority_id));
    if (!row || !authority) return;
    const held = await HeldOrder.take(deps, authority, row);
    if (held) await carryOut(deps, held);
  } catch (error) {
    if (error instanceof OrderLost) return;
    // A row that does not verify stays, for the investigation.
    if (!(error instanceof ServiceError)) throw error;
    deps.log.error({ orderId, err: error.message }, 'outside order is not carried out');
  }
}

async function carryOut(deps: PcaDeps, held: HeldOrder): Promise<void> {
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const authority = await outsideAuthorityById(deps, held.row.outside_authority_id);
    if (!authority) return;
    try {
      const client = await clientFor(deps, authority);
      await ensureAccount(deps, authority, client);
      await step(deps, held, client);
    } catch (error) {
      if (!(error instanceof OutsideFailure)) throw error;
      await failed(deps, held, authority, error);
    }
    if (isOver(held.order) || held.order.nextAt > deps.clock.now()) return;
  }
}

async function failed(
  deps: PcaDeps,
  held: HeldOrder,
  authority: OutsideAuthority,
  failure: OutsideFailure,
): Promise<void> {
  const now = deps.clock.now();
  const { type, status } = failure.facts;
  const isAccountGone = type === 'accountDoesNotExist';
  if (isAccountGone) await forgetAccount(deps, authority);
  const isGone = isAccountGone || status === 404;
  const after = isGone ? again : type === 'connection' ? unreached : failedAttempt;
  await held.writeFailure(after(held.order, failure, now));
}

/** Account or order are gone at the CA: made again, when nothing can have been issued. */
function again(order: OutsideOrder, failure: OutsideFailure, now: number): OutsideOrder {
  if (order.status === 'proving') return lost(order, failure, now);
  const passing = new OutsideFailure('unreachable', failure.message);
  return failedAttempt(order, order.status === 'requested' ? passing : failure, now);
}

async function step(deps: PcaDeps, held: HeldOrder, client: AcmeClient): Promise<void> {
  const { order } = held;
  if (order.status === 'requested') return place(deps, held, client);
  const at = await client.order(order.url ?? '');
  const now = deps.clock.now();
  if (order.status === 'proving') {
    if (at.status === 'pending') return prove(deps, held, client, at);
    // The CA is further than a database that was put back: what it issued for our request is checked before it is kept.
    if (at.status !== 'invalid') return held.write(finalizing(order, now), OutsideRecords.finalizing);
  } else {
    if (at.status === 'ready') {
      await client.finalize(at.finalize, Buffer.from(order.csr, 'base64url'));
      return held.write(waiting(order, POLL_MS, deps.clock.now()));
    }
    if (at.status === 'processing') return held.write(waiting(order, at.retryAfterMs ?? POLL_MS, now));
    if (at.status === 'valid' && at.certificate !== undefined)
      return keepIssued(deps, held, await client.certificate(at.certificate));
  }
  if (at.status === 'invalid') throw await whyInvalid(client, at);
  throw new OutsideFailure('wrong-certificate', `the CA says that the order is ${at.status}, which nobody asked for`);
}

async function place(deps: PcaDeps, held: HeldOrder, client: AcmeClient): Promise<void> {
  const { names, replaces } = held.order;
  let url: string;
  try {
    ({ url } = await client.newOrder(names, replaces));
  } catch (error) {
    // The certificate before was followed by another one, or the CA does not remember it: it is an order like any other.
    const isAboutIt = error instanceof OutsideFailure && /^(alreadyReplaced|malformed)$/.test(error.facts.type ?? '');
    if (!isAboutIt || replaces === undefined) throw error;
    ({ url } = await client.newOrder(names));
  }
  await held.write(placed(held.order, url, deps.clock.now()), OutsideRecords.placed);
}

async function prove(deps: PcaDeps, held: HeldOrder, client: AcmeClient, at: OutsideOrderDocument): Promise<void> {
  const { order } = held;
  const challenges = [];
  for (const url of at.authorizations) challenges.push(...openChallenges(await client.authorization(url)));
  const proofs = challenges.map(({ name, token }): Proof => ({ name, token }));
  // INVARIANT: a token is answered before the CA is told to ask.
  const isAnswered = ({ token }: Proof) => order.proofs.some((known) => known.token === token);
  if (!proofs.every(isAnswered))
    return held.write(answering(order, proofs, deps.clock.now()), OutsideRecords.answering);
  for (const { url, isAsked } of challenges) if (!isAsked) await client.answer(url);
  await held.write(waiting(order, POLL_MS, deps.clock.now()));
}

/** What is to be proven of a name. Throws when it was looked for and not found. */
function openChallenges({ identifier, status, challenges }: AuthorizationDocument) {
  if (status === 'valid') return [];
  const failedOne = challenges.find(({ error }) => error !== undefined);
  if (status !== 'pending')
    throw problemFailure(failedOne?.error ?? { detail: `the proof of ${identifier.value} is ${status}` });
  const http = challenges.find(({ type }) => type === 'http-01');
  if (http?.token === undefined)
    throw problemFailure({ type: 'http-01', detail: `the CA does not offer it for ${identifier.value}` });
  return [{ name: identifier.value, token: http.token, url: http.url, isAsked: http.status !== 'pending' }];
}

async function whyInvalid(client: AcmeClient, at: OutsideOrderDocument): Promise<OutsideFailure> {
  for (const url of at.authorizations) openChallenges(await client.authorization(url));
  return problemFailure(at.error ?? { detail: 'the order is invalid' });
}
