import { describe, expect, it } from 'vitest';
import { GENESIS_HASH, recordHash } from './chain.ts';
import { type StreamPage, verifyStream } from './verify-stream.ts';

const ACCOUNT = '111122223333';

interface Link {
  Sequence: number;
  Record: string;
  PreviousHash: string;
  Hash: string;
}

function stream(count: number, seed = ''): Link[] {
  const links: Link[] = [];
  for (let sequence = 1; sequence <= count; sequence++) {
    const PreviousHash = links.at(-1)?.Hash ?? GENESIS_HASH;
    const Record = JSON.stringify({ eventID: `${seed}${sequence}`, recipientAccountId: ACCOUNT });
    links.push({ Sequence: sequence, Record, PreviousHash, Hash: recordHash(ACCOUNT, sequence, PreviousHash, Record) });
  }
  return links;
}

function pages(links: readonly Link[], head?: { Sequence: number; Hash: string }) {
  const last = links.at(-1);
  const Head = head ?? { Sequence: last?.Sequence ?? 0, Hash: last?.Hash ?? GENESIS_HASH };
  return async (from: number, limit: number): Promise<StreamPage> => {
    const Records = links.filter((link) => link.Sequence >= from).slice(0, limit);
    const end = Records.at(-1)?.Sequence;
    return { Records, Head, ...(end !== undefined && end < Head.Sequence && { NextSequence: end + 1 }) };
  };
}

const verify = (links: readonly Link[], options: Partial<Parameters<typeof verifyStream>[0]> = {}) =>
  verifyStream({ accountId: ACCOUNT, read: pages(links), pageSize: 3, ...options });

describe('verification of a stream', () => {
  it('accepts a true stream and tells its head', async () => {
    const links = stream(10);
    expect(await verify(links)).toEqual({ ok: true, records: 10, head: { sequence: 10, hash: links[9]!.Hash } });
  });

  it('accepts an empty stream', async () => {
    expect(await verify([])).toEqual({ ok: true, records: 0, head: { sequence: 0, hash: GENESIS_HASH } });
  });

  it('accepts a stream that grew since its head was remembered', async () => {
    const links = stream(10);
    const report = await verify(links, { expectedHead: { sequence: 4, hash: links[3]!.Hash } });
    expect(report).toMatchObject({ ok: true, records: 10 });
  });

  it('continues from a position that was verified before', async () => {
    const links = stream(10);
    const report = await verify(links, { after: { sequence: 6, hash: links[5]!.Hash } });
    expect(report).toMatchObject({ ok: true, records: 4, head: { sequence: 10 } });
  });

  it('finds a tail that was cut off since the head was remembered', async () => {
    const links = stream(10);
    const report = await verify(links.slice(0, 7), { expectedHead: { sequence: 10, hash: links[9]!.Hash } });
    expect(report).toMatchObject({ ok: false, records: 7, firstBad: 8, reason: 'truncated' });
  });

  it('finds a tail that is missing before the head of the service', async () => {
    const links = stream(10);
    const read = pages(links.slice(0, 7), { Sequence: 10, Hash: links[9]!.Hash });
    expect(await verify(links, { read })).toMatchObject({ ok: false, firstBad: 8, reason: 'truncated' });
  });

  it('finds a stream that was written anew', async () => {
    const before = stream(10);
    const report = await verify(stream(12, 'forged-'), { expectedHead: { sequence: 10, hash: before[9]!.Hash } });
    expect(report).toMatchObject({ ok: false, firstBad: 10, reason: 'rewritten' });
  });

  it('finds a head that is not the last record', async () => {
    const links = stream(5);
    const read = pages(links, { Sequence: 5, Hash: '1'.repeat(64) });
    expect(await verify(links, { read })).toMatchObject({ ok: false, reason: 'head' });
    const behind = pages(links, { Sequence: 4, Hash: links[3]!.Hash });
    expect(await verify(links, { read: behind, pageSize: 10 })).toMatchObject({ ok: false, reason: 'head' });
  });

  it('tells the place of a break in a later page', async () => {
    const links = stream(10);
    const broken = links.with(7, { ...links[7]!, Record: links[7]!.Record.replace('8', '9') });
    expect(await verify(broken)).toMatchObject({ ok: false, records: 7, firstBad: 8, reason: 'hash' });
  });

  it('does not loop on a service that answers empty pages', async () => {
    const read = async () => ({ Records: [], Head: { Sequence: 3, Hash: '1'.repeat(64) }, NextSequence: 1 });
    expect(await verify([], { read })).toMatchObject({ ok: false, reason: 'truncated' });
  });
});
