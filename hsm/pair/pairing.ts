/**
 * Makes two tokens a pair: each agent pins the identity of the other, and both have one common MAC key, made by the
 * first. Every step may be repeated, by several processes at once and after a crash; what is done already stays.
 */
import type { PartnerCalls } from '../agent/partner-client.ts';
import { HsmError } from '../port.ts';

export interface PairIds {
  first: Buffer;
  second: Buffer;
  /** Names the common key. */
  commonKey: Buffer;
}

/** Rejects with `unavailable` when a token is away, or belongs to another pair. */
export async function pairUp(first: PartnerCalls, second: PartnerCalls): Promise<PairIds> {
  const [one, other] = await Promise.all([first.describePartner(), second.describePartner()]);
  // SECURITY: pinned by both before any key travels; a token that had another partner refuses.
  await first.pairWith(other);
  await second.pairWith(one);
  if (one.commonKey === undefined && other.commonKey !== undefined) {
    await first.takeCommonKey(await second.handCommonKey());
  } else {
    await first.makeCommonKey();
    await second.takeCommonKey(await first.handCommonKey());
  }
  const { commonKey } = await first.describePartner();
  if (commonKey === undefined) throw new HsmError('unavailable', 'pair has no common key');
  return { first: one.rootId, second: other.rootId, commonKey };
}

/** What a token alone says of its pair; undefined when it is in none, or not completely. */
export async function pairOf(
  token: PartnerCalls,
): Promise<{ own: Buffer; partner: Buffer; commonKey: Buffer } | undefined> {
  const { rootId, partnerId, commonKey } = await token.describePartner();
  return partnerId && commonKey && { own: rootId, partner: partnerId, commonKey };
}
