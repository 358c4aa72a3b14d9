import { describe, expect, it } from 'vitest';
import { HSM_LIMITS } from '../../hsm/port.ts';
import { MacsTogether } from './macs-together.ts';

/** Trips that end when told; the MAC of a row is the row with an exclamation mark. */
function trips() {
  const under: { rows: string[]; end(error?: Error): void }[] = [];
  const macs = new MacsTogether(
    (rows) =>
      new Promise((done, failed) => {
        const texts = rows.map(String);
        const end = (error?: Error) => (error ? failed(error) : done(texts.map((text) => Buffer.from(`${text}!`))));
        under.push({ rows: texts, end });
      }),
  );
  const mac = async (...rows: string[]) => (await macs.mac(rows.map((row) => Buffer.from(row)))).map(String);
  return { under, mac, macs };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('rows that are sealed', () => {
  it('while a trip is under way share the next one, and each gets its own', async () => {
    const { under, mac } = trips();
    const answers = [mac('a'), mac('b', 'c'), mac('d')];
    await turn();
    expect(under.map(({ rows }) => rows)).toEqual([['a']]);
    under[0]!.end();
    await turn();
    expect(under[1]!.rows).toEqual(['b', 'c', 'd']);
    under[1]!.end();
    expect(await Promise.all(answers)).toEqual([['a!'], ['b!', 'c!'], ['d!']]);
  });

  it('share what becomes of their trip, and the next one starts', async () => {
    const { under, mac } = trips();
    const first = mac('a');
    const lost = [mac('b'), mac('c')];
    await turn();
    under[0]!.end();
    await first;
    await turn();
    under[1]!.end(new Error('away'));
    for (const answer of lost) await expect(answer).rejects.toThrow('away');
    const next = mac('d');
    await turn();
    under[2]!.end();
    expect(await next).toEqual(['d!']);
  });

  it('beyond the limits go alone', async () => {
    const { under, mac, macs } = trips();
    void mac('a');
    const large = Buffer.alloc(HSM_LIMITS.macData + 1);
    void macs.mac([large]);
    void macs.mac(Array.from({ length: 300 }, () => Buffer.from('x')));
    await turn();
    expect(under.map(({ rows }) => rows.length)).toEqual([1, 1, 300]);
  });
});
