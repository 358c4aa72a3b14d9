import { describe, expect, it } from 'vitest';
import { createMemoryHsm, type MemoryHsm } from '../../hsm/memory/memory.ts';
import { createLogger } from '../observe/log.ts';
import { RowGuard } from './row-guard.ts';

const LABEL = 'parapet/test/row/v1';
const data = Buffer.from('a row');

function guardOver(hsm: MemoryHsm): RowGuard {
  return new RowGuard(hsm, createLogger({ level: 'silent', name: 'test' }), LABEL);
}

describe('a row', () => {
  it('that was sealed here is read without the HSM, one of another process with it, once', async () => {
    const hsm = createMemoryHsm();
    const guard = guardOver(hsm);
    const [mac] = await guard.seal([data]);
    const row = { name: 'row', data, mac: mac! };
    const other = guardOver(hsm);
    hsm.failWith('unavailable');
    await guard.verify([row]);
    await expect(other.verify([row])).rejects.toMatchObject({ code: 'unavailable' });
    hsm.restore();
    await other.verify([row]);
    hsm.failWith('unavailable');
    await other.verify([row]);
  });

  it.each([
    ['has another byte', (row: { data: Buffer; mac: Buffer }) => ({ ...row, data: Buffer.from('a raw') })],
    [
      'is shorter by what its MAC is longer',
      ({ data: whole, mac }) => ({
        data: whole.subarray(0, 4),
        mac: Buffer.concat([whole.subarray(4), mac]).subarray(0, 32),
      }),
    ],
    ['has the MAC of another row that was sealed with it', (row, other: Buffer) => ({ ...row, mac: other })],
    ['has no MAC', (row) => ({ ...row, mac: Buffer.alloc(32) })],
  ] as [string, (row: { data: Buffer; mac: Buffer }, other: Buffer) => { data: Buffer; mac: Buffer }][])(
    'that %s is refused, though the row it was made from was sealed here',
    async (_how, changed) => {
      const guard = guardOver(createMemoryHsm());
      const [mac, other] = await guard.seal([data, Buffer.from('another row')]);
      const forged = { name: 'row', ...changed({ data, mac: mac! }, other!) };
      await expect(guard.verify([forged])).rejects.toMatchObject({ code: 'Internal' });
    },
  );
});
