import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Custody } from '../custody/custody.ts';
import { createMemoryRoots, MemoryRootOfTrust } from '../memory/memory.ts';
import { codeOf } from '../testing/conformance.ts';
import { connectHsm } from './client.ts';
import { AgentServer } from './server.ts';

let folder: string;
let socketPath: string;
const clock = { time: 0 };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-server-'));
  socketPath = join(folder, 'agent.sock');
  clock.time = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

class SlowRoots extends MemoryRootOfTrust {
  override random(bytes: number): Buffer {
    clock.time += 1500;
    return super.random(bytes);
  }
}

/** A server over in-process roots; its clock moves only while random bytes are drawn. */
async function serve(limits: { queueLimit?: number; deadlineMs?: number }): Promise<AgentServer> {
  const roots = new SlowRoots(createMemoryRoots());
  const custody = new Custody({ roots, now: () => clock.time });
  const server = new AgentServer({
    state: {
      ready: () => ({ custody, publicKey: (label) => roots.publicKey(label) }),
      status: () => {
        throw new Error('secret detail');
      },
    },
    now: () => clock.time,
    onIdle: () => {},
    onBusy: () => {},
    ...limits,
  });
  await server.listen(socketPath);
  return server;
}

const count = (codes: string[], code: string) => codes.filter((one) => one === code).length;

describe('agent server', () => {
  it('refuses at once what its queue has no room for, and serves the rest', async () => {
    const server = await serve({ queueLimit: 50, deadlineMs: 1e9 });
    server.start();
    const hsm = connectHsm({ socketPath });
    await hsm.random(1);
    const codes = await Promise.all(Array.from({ length: 200 }, () => codeOf(hsm.random(16))));
    expect(count(codes, 'answered')).toBeGreaterThanOrEqual(50);
    expect(count(codes, 'overloaded')).toBe(200 - count(codes, 'answered'));
    expect(server.counters.overloaded).toBe(count(codes, 'overloaded'));
    expect(await codeOf(hsm.random(16))).toBe('answered');
    await hsm.close();
    server.close();
  });

  it('does not begin what has waited past its deadline', async () => {
    const server = await serve({ deadlineMs: 2000 });
    server.start();
    const hsm = connectHsm({ socketPath });
    await hsm.mac('keys', Buffer.from('x'));
    // Each draw takes the token 1500 ms: the third and later have waited 3000 ms when their turn comes.
    const codes = await Promise.all(Array.from({ length: 5 }, () => codeOf(hsm.random(16))));
    expect(codes).toEqual(['answered', 'answered', 'overloaded', 'overloaded', 'overloaded']);
    await hsm.close();
    server.close();
  });

  it('answers a fault of its own with a sentence that tells nothing', async () => {
    const server = await serve({});
    server.start();
    const hsm = connectHsm({ socketPath });
    expect(await hsm.status()).toMatchObject({ state: 'unavailable', reason: 'HSM agent failed inside' });
    expect(await codeOf(hsm.random(1))).toBe('answered');
    await hsm.close();
    server.close();
  });

  it('answers quick requests while slow ones wait for their turn', { timeout: 60_000 }, async () => {
    const server = await serve({ deadlineMs: 1e9 });
    server.start();
    const hsm = connectHsm({ socketPath });
    const tenant = await hsm.createTenantKey(Buffer.from('account'));
    const key = { tenant, material: await hsm.createKeyPair(tenant, Buffer.from('key'), 'RSA_2048', 'sign') };
    let signed = 0;
    const message = Buffer.alloc(32, 1);
    const signatures = [false, true].flatMap((isDigest) =>
      Array.from({ length: 60 }, async () => {
        await hsm.signWith(key, { algorithm: 'RSASSA_PSS_SHA_256', message, isDigest });
        signed += 1;
      }),
    );
    await hsm.mac('keys', message);
    const before = signed;
    await Promise.all(signatures);
    expect(before).toBeLessThan(60);
    expect(signed).toBe(120);
    await hsm.close();
    server.close();
  });
});
