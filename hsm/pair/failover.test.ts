/** Two memory tokens under every order of loss and return: no request fails while one of them serves. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryHsm, createMemoryRoots, type MemoryHsm } from '../memory/memory.ts';
import { HsmError } from '../port.ts';
import { codeOf, eventually } from '../testing/conformance.ts';
import { Failover, isAway } from './failover.ts';

interface Token {
  hsm: MemoryHsm;
  hangs: boolean;
  asked: number;
  ready(): Promise<unknown>;
}

const open: Failover<Token>[] = [];
afterEach(() => {
  for (const failover of open.splice(0)) failover.close();
});

function twoTokens() {
  const roots = createMemoryRoots();
  const token = (): Token => {
    const hsm = createMemoryHsm({ roots });
    return {
      hsm,
      hangs: false,
      asked: 0,
      async ready() {
        if (this.hangs) await new Promise(() => undefined);
        if ((await hsm.status()).state !== 'ready') throw new HsmError('unavailable', 'away');
      },
    };
  };
  const tokens = [token(), token()] as const;
  const failover = new Failover(tokens, { probeMs: 20, silenceMs: 60 });
  open.push(failover);
  const mac = () =>
    failover.run((of) => {
      of.asked += 1;
      return of.hangs ? new Promise<Buffer>(() => undefined) : of.hsm.mac('l', Buffer.from('x'));
    });
  return { tokens, failover, mac };
}

describe('failover', () => {
  it('answers every request while one token serves, whatever comes and goes', async () => {
    const { tokens, failover, mac } = twoTokens();
    const step = fc.record({ token: fc.nat(1), away: fc.boolean(), requests: fc.nat(5), waits: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const away = [false, false];
        for (const { token, away: leaves, requests, waits } of steps) {
          away[token] = leaves;
          if (leaves) tokens[token]!.hsm.failWith();
          else tokens[token]!.hsm.restore();
          if (waits) await new Promise((resolve) => setTimeout(resolve, 45));
          for (let at = 0; at < requests; at += 1)
            expect(await codeOf(mac())).toBe(away[0] && away[1] ? 'unavailable' : 'answered');
        }
        for (const { hsm } of tokens) hsm.restore();
        await eventually(async () => {
          if (!tokens.every((token) => failover.isUp(token))) throw new HsmError('unavailable', 'not yet');
          await mac();
        }, 'answered');
      }),
      { numRuns: 25 },
    );
  });

  it('asks the other one when the first is silent, and stays with it', async () => {
    const { tokens, failover, mac } = twoTokens();
    tokens[0].hangs = true;
    const answers = await Promise.all([mac(), mac(), mac()].map(codeOf));
    expect(answers).toEqual(['answered', 'answered', 'answered']);
    expect(failover.inService).toBe(tokens[1]);
    const { asked } = tokens[0];
    expect(await codeOf(mac())).toBe('answered');
    expect(tokens[0].asked).toBe(asked);
    expect(failover.failovers).toBe(1);
  });

  it('asks one token only while it answers, also when the answer is no', async () => {
    const { tokens, failover, mac } = twoTokens();
    await mac();
    for (const code of ['integrity', 'invalid', 'not-found'] as const)
      expect(await codeOf(failover.run(() => Promise.reject(new HsmError(code, 'no'))))).toBe(code);
    expect(tokens.map(({ asked }) => asked)).toEqual([1, 0]);
    expect(failover.inService).toBe(tokens[0]);
  });

  it('believes a doubtful no only when both say it, and says away while one is', async () => {
    const { tokens, failover } = twoTokens();
    const doubt = (error: HsmError) => error.code === 'integrity' || isAway(error);
    const ask = (one: HsmError['code'] | undefined, other: HsmError['code'] | undefined) =>
      codeOf(
        failover.run(async (token) => {
          const code = token === tokens[0] ? one : other;
          if (code !== undefined) throw new HsmError(code, 'no');
        }, doubt),
      );
    expect(await ask('integrity', 'integrity')).toBe('integrity');
    expect(await ask('integrity', undefined)).toBe('answered');
    expect(await ask('integrity', 'overloaded')).toBe('overloaded');
    expect(await ask('overloaded', 'integrity')).toBe('overloaded');
    expect(await ask('integrity', 'unavailable')).toBe('unavailable');
  });
});
