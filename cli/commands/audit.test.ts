import { afterEach, describe, expect, it } from 'vitest';
import { areas } from '../../sdk/areas.ts';
import { type Reply, type SeenRequest, startServer, type TestServer } from '../../sdk/testing/server.ts';
import { GENESIS_HASH, recordHash } from '../../services/audit/domain/chain.ts';
import { run } from '../run.ts';
import { testTerminal } from '../testing/terminal.ts';

const ACCOUNT = '111122223333';
let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

interface Item {
  Sequence: number;
  Record: string;
  PreviousHash: string;
  Hash: string;
}

/** A whole chain of `count` records, as the service hashes it. */
function chain(count: number): Item[] {
  const items: Item[] = [];
  for (let sequence = 1; sequence <= count; sequence++) {
    const PreviousHash = items.at(-1)?.Hash ?? GENESIS_HASH;
    const Record = JSON.stringify({
      eventID: `019a0c1e-7b00-7000-8000-${String(sequence).padStart(12, '0')}`,
      eventName: sequence % 2 === 0 ? 'Decrypt' : 'CreateKey',
      eventTime: '2026-01-02T03:04:05.000Z',
      recipientAccountId: ACCOUNT,
      userIdentity: { arn: `arn:aws:iam::${ACCOUNT}:user/alice` },
      ...(sequence === 3 && { errorCode: 'AccessDenied' }),
    });
    items.push({ Sequence: sequence, Record, PreviousHash, Hash: recordHash(ACCOUNT, sequence, PreviousHash, Record) });
  }
  return items;
}

const headOf = (items: readonly Item[]) => ({
  Sequence: items.at(-1)?.Sequence ?? 0,
  Hash: items.at(-1)?.Hash ?? GENESIS_HASH,
});

/** The service over a chain; `pageSize` records at a time. */
function service(
  items: () => readonly Item[],
  pageSize: number,
  head = () => headOf(items()),
): (request: SeenRequest) => Reply {
  return (request) => {
    if (request.target === '/v1/sts/get-caller-identity')
      return { json: { UserId: 'AIDAEXAMPLEEXAMPLE12', Account: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:user/alice` } };
    if (request.target === '/v1/audit/head')
      return { json: { ...head(), UnsequencedCount: 0, MissingWriterNumbers: 0, SilentWriters: 0 } };
    const { FromSequence = 1 } = JSON.parse(String(request.body)) as { FromSequence?: number };
    const Records = items()
      .filter((item) => item.Sequence >= FromSequence)
      .slice(0, pageSize);
    const last = Records.at(-1)?.Sequence ?? 0;
    return { json: { Records, Head: head(), ...(last > 0 && last < head().Sequence && { NextSequence: last + 1 }) } };
  };
}

async function audit(words: string[], answer: (request: SeenRequest) => Reply, pause?: () => Promise<void>) {
  server = await startServer(answer);
  const terminal = testTerminal({ endpoint: server.endpoint, ...(pause && { pause }) });
  const code = await run(['audit', ...words], terminal, areas);
  return { code, stdout: terminal.stdout(), stderr: terminal.stderr(), seen: server.seen };
}

describe('parapet audit verify', () => {
  it('recomputes a whole chain page by page, shows progress and names the head', async () => {
    const items = chain(5);
    const outcome = await audit(
      ['verify'],
      service(() => items, 2),
    );
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toBe(`ok: 5 records, every one continues the one before it\nhead 5:${items[4]?.Hash}\n`);
    expect(outcome.stderr.trim().split('\n')).toEqual([2, 4, 5].map((n) => `verifying account ${ACCOUNT}: ${n} of 5`));
    expect(outcome.seen.every((request) => request.verified === 'ok')).toBe(true);
  });

  it('is content with a stream without records', async () => {
    expect(
      await audit(
        ['verify'],
        service(() => [], 2),
      ),
    ).toMatchObject({ code: 0 });
  });

  const changed = (items: Item[], sequence: number, change: Partial<Item>) =>
    items.map((item) => (item.Sequence === sequence ? { ...item, ...change } : item));

  it.each([
    [
      'a changed text',
      2,
      3,
      (items: Item[]) => changed(items, 3, { Record: String(items[2]?.Record).replace('alice', 'malory') }),
    ],
    ['a changed hash', 2, 3, (items: Item[]) => changed(items, 3, { Hash: '0'.repeat(64) })],
    ['a removed record', 2, 3, (items: Item[]) => items.filter((item) => item.Sequence !== 3)],
    [
      'two records that changed places',
      2,
      3,
      (items: Item[]) => [...items.slice(0, 2), items[3] as Item, items[2] as Item, items[4] as Item],
    ],
  ])('notices %s and exits with %i', async (_, code, firstBad, damage) => {
    const items = damage(chain(5));
    const outcome = await audit(
      ['verify'],
      service(() => items, 10),
    );
    expect(outcome.code).toBe(code);
    expect(outcome.stdout).toContain(`BROKEN at record ${firstBad}: `);
    expect(outcome.stdout).toContain('2 records before it are whole');
  });

  it('exits with 4 when the service knows more records than it shows', async () => {
    const items = chain(5);
    const outcome = await audit(
      ['verify'],
      service(
        () => items.slice(0, 3),
        10,
        () => headOf(items),
      ),
    );
    expect(outcome).toMatchObject({ code: 4 });
    expect(outcome.stdout).toContain('records are missing at the end');
  });

  it('notices with a remembered head that the end was cut off or written anew', async () => {
    const items = chain(5);
    const expected = ['--expect-head', `5:${items[4]?.Hash}`];
    expect(
      await audit(
        ['verify', ...expected],
        service(() => items, 10),
      ),
    ).toMatchObject({ code: 0 });
    await server?.close();
    expect(
      await audit(
        ['verify', ...expected],
        service(() => items.slice(0, 3), 10),
      ),
    ).toMatchObject({ code: 4 });
    await server?.close();
    const anew = await audit(
      ['verify', '--expect-head', `5:${'a'.repeat(64)}`],
      service(() => items, 10),
    );
    expect(anew).toMatchObject({ code: 2 });
    expect(anew.stdout).toContain('written anew');
  });

  it('answers a program in JSON', async () => {
    const outcome = await audit(
      ['verify', '--output', 'json'],
      service(() => chain(2), 10),
    );
    expect(JSON.parse(outcome.stdout)).toMatchObject({ ok: true, records: 2, head: { sequence: 2 } });
  });

  it('refuses a head that is none', async () => {
    expect(
      await audit(
        ['verify', '--expect-head', '5'],
        service(() => [], 1),
      ),
    ).toMatchObject({ code: 1, seen: [] });
  });
});

describe('parapet audit tail', () => {
  it('begins with the last records and ends with --no-follow', async () => {
    const outcome = await audit(
      ['tail', '--lines', '2', '--no-follow'],
      service(() => chain(5), 10),
    );
    expect(outcome.code).toBe(0);
    expect(
      outcome.stdout
        .trim()
        .split('\n')
        .map((line) => line.split('  ')[0]),
    ).toEqual(['4', '5']);
    expect(outcome.stdout).toContain('Decrypt  arn:aws:iam::111122223333:user/alice');
  });

  it('shows each record once as they come, until it is stopped', async () => {
    const items = chain(5);
    let known = 2;
    let pauses = 0;
    server = await startServer(service(() => items.slice(0, known), 10));
    const terminal = testTerminal({
      endpoint: server.endpoint,
      pause: async () => {
        known = Math.min(5, known + 2);
        if (++pauses === 4) terminal.stop();
      },
    });
    expect(await run(['audit', 'tail', '--lines', '1'], terminal, areas)).toBe(0);
    expect(
      terminal
        .stdout()
        .trim()
        .split('\n')
        .map((line) => line.split('  ')[0]),
    ).toEqual(['2', '3', '4', '5']);
  });

  it('filters by outcome and operation', async () => {
    const denied = await audit(
      ['tail', '--no-follow', '--outcome', 'denied'],
      service(() => chain(5), 10),
    );
    expect(denied.stdout).toMatch(/^3 .*denied.*AccessDenied\n$/);
    await server?.close();
    const named = await audit(
      ['tail', '--no-follow', '--event-name', 'Decrypt', '--output', 'json'],
      service(() => chain(5), 10),
    );
    expect(
      named.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).eventName),
    ).toEqual(['Decrypt', 'Decrypt']);
  });

  it('stops at a record that does not continue the one before it', async () => {
    const items = chain(5).map((item) => (item.Sequence === 4 ? { ...item, PreviousHash: 'f'.repeat(64) } : item));
    const outcome = await audit(
      ['tail', '--no-follow'],
      service(() => items, 10),
    );
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain('record 4 does not continue record 3');
    expect(outcome.stdout.trim().split('\n')).toHaveLength(3);
  });
});
