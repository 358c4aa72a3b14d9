import type { Exchange } from './exchange.ts';
import { bodyTooLarge } from './head.ts';
import type { ListenerBudgets } from './options.ts';
import { type Refusal, refuse } from './refusal.ts';

/** Bytes of bodies held by all requests of a listener. */
export interface BodyBudget {
  buffered: number;
}

/**
 * Reads the body into one Buffer and calls exactly one of the two functions, or none when the caller went away.
 * Stops counting on a refusal; the caller of `refused` decides what happens to the rest.
 */
export function readBody(
  exchange: Exchange,
  budgets: ListenerBudgets,
  total: BodyBudget,
  complete: () => void,
  refused: (refusal: Refusal) => void,
): void {
  const { req } = exchange;
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let length = 0;
  const stop = (refusal: Refusal) => {
    req.off('data', onData);
    req.off('end', onEnd);
    refused(refusal);
  };
  const onData = (chunk: Buffer) => {
    if (exchange.done) return;
    length += chunk.length;
    if (length > budgets.maxBodyBytes) return stop(bodyTooLarge(budgets));
    exchange.buffered += chunk.length;
    total.buffered += chunk.length;
    if (total.buffered > budgets.maxBufferedBytes) return stop(BUSY);
    if (first === undefined) first = chunk;
    else if (more === undefined) more = [first, chunk];
    else more.push(chunk);
  };
  const onEnd = () => {
    if (exchange.done) return;
    // INVARIANT: a body cut short never reaches a handler; node ends the stream only after a complete message.
    if (more !== undefined) exchange.body = Buffer.concat(more, length);
    else if (first !== undefined) exchange.body = first;
    complete();
  };
  req.on('data', onData);
  req.on('end', onEnd);
  req.on('error', ignore);
}

/** A broken body shows as a closed connection; there is nobody left to tell. */
function ignore(): void {}

const BUSY: Refusal = {
  ...refuse(503, 'ServiceUnavailable', 'request bodies fill the memory set aside for them'),
  retryAfterSeconds: 1,
};
