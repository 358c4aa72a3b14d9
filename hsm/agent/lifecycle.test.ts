import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tokenFolder } from '../softhsm/files.ts';
import { softHsm } from '../softhsm/softhsm.ts';
import { codeOf, eventually } from '../testing/conformance.ts';
import { type AgentHsm, type ConnectOptions, connectHsm } from './client.ts';
import { spawnAgent } from './spawn.ts';
import { encodeFrame, FrameReader, OP, PROTOCOL_VERSION, u32 } from './wire.ts';

let dataFolder: string;
let options: ConnectOptions;
const clients: AgentHsm[] = [];

const data = Buffer.from('row');
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function open(more: Partial<ConnectOptions> = {}): AgentHsm {
  const hsm = connectHsm({ ...options, ...more });
  clients.push(hsm);
  return hsm;
}

/** Processes started for our socket (its path is in their settings). */
function agentPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`"socketPath":"${options.socketPath}"`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function until(what: string, holds: () => boolean, withinMs = 10_000): Promise<void> {
  for (const end = performance.now() + withinMs; !holds(); await pause(50)) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
  }
}

beforeEach(() => {
  dataFolder = mkdtempSync(join(tmpdir(), 'parapet-agent-'));
  options = softHsm({ dataFolder, log: 'ignore', tuning: { probeMs: 300, reopenMs: 200, lingerMs: 700 } });
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((hsm) => hsm.close()));
  // An agent whose client left before it was up waits 10 s for another.
  await until('all agents have ended', () => agentPids().length === 0, 25_000);
  rmSync(dataFolder, { recursive: true, force: true });
});

describe('agent process', () => {
  it('is one for many clients, even when all find none and start one', async () => {
    const many = Array.from({ length: 4 }, () => open());
    const states = await Promise.all(many.map((hsm) => hsm.ready()));
    expect(new Set(states.map(({ tokenSerial }) => tokenSerial)).size).toBe(1);
    await until('the others have given way', () => agentPids().length === 1);
    const macs = await Promise.all(many.map((hsm) => hsm.mac('keys', data)));
    expect(new Set(macs.map((mac) => mac.toString('hex'))).size).toBe(1);
  });

  it('leaves at once, with exit code 0 and a reason, when another serves the socket', async () => {
    await open().ready();
    const [pid] = agentPids();
    const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(1, -1);
    const second = await promisify(execFile)(process.execPath, argv, {
      env: options.spawn!.environment,
      timeout: 10_000,
    });
    expect(second.stderr.trim()).toBe(`hsm agent: another agent serves ${options.socketPath}`);
  });

  it('is replaced when it is killed; what was in flight fails, what follows is served', async () => {
    const hsm = open();
    await hsm.ready();
    const tenant = await hsm.createTenantKey(Buffer.from('account'));
    const key = { tenant, material: await hsm.createKeyMaterial(tenant, Buffer.from('key'), 32) };
    const context = { header: Buffer.from('h'), aad: Buffer.from('a') };
    const sealed = await hsm.seal(key, { ...context, plaintext: data });
    for (let round = 0; round < 3; round += 1) {
      const asked = Array.from({ length: 200 }, () => codeOf(hsm.sign('audit-sign-v1', data)));
      await pause(5);
      for (const pid of agentPids()) process.kill(pid, 'SIGKILL');
      const codes = new Set(await Promise.all(asked));
      expect([...codes].filter((code) => code !== 'answered')).toEqual(['unavailable']);
      await eventually(() => hsm.open(key, { ...context, sealed }), 'answered');
      expect(await hsm.open(key, { ...context, sealed })).toEqual(data);
    }
    expect(existsSync(options.socketPath)).toBe(true);
  });

  it('ends by itself after its last client vanished without a word', async () => {
    await open().ready();
    await clients.pop()!.close();
    await until('released agent has ended', () => agentPids().length === 0);
    expect(existsSync(options.socketPath)).toBe(false);

    spawnAgent(options.socketPath, options.spawn!);
    await until('agent listens', () => existsSync(options.socketPath));
    const socket = connect(options.socketPath);
    await new Promise((resolve) => socket.once('connect', resolve));
    await pause(1500);
    expect(agentPids()).toHaveLength(1);
    socket.destroy();
    await until('orphan has ended', () => agentPids().length === 0, 5000);
  });

  it('comes up whole after being killed at any moment of its first start', async () => {
    const files = tokenFolder(dataFolder);
    // The token is made in some 100 ms: killed at each stage of it that shows in the folder, and in between.
    const stages = [
      () => existsSync(files.pin),
      () => tokenFiles() > 0,
      () => tokenFiles() > 3,
      () => tokenFiles() > 8,
    ];
    const tokenFiles = () => {
      try {
        return readdirSync(files.tokens, { recursive: true }).length;
      } catch {
        // Not there yet, or a half-made token is being removed while we look.
        return 0;
      }
    };
    for (const reached of stages) {
      const child = spawnAgent(options.socketPath, options.spawn!);
      while (!reached() && !existsSync(files.record)) await new Promise((resolve) => setImmediate(resolve));
      child.kill('SIGKILL');
      await until('killed agent has ended', () => child.exitCode !== null || child.signalCode !== null);
    }
    const hsm = open();
    await hsm.ready();
    expect(await hsm.sign('session-sign-v1', data)).toHaveLength(64);
    const tenant = await hsm.createTenantKey(Buffer.from('account'));
    expect(await codeOf(hsm.sealSecret(tenant, data, data))).toBe('answered');
  });

  it('shows no PIN in its arguments or environment', async () => {
    await open().ready();
    const files = tokenFolder(dataFolder);
    const [pid] = agentPids();
    const shown = ['cmdline', 'environ'].map((name) => readFileSync(`/proc/${pid}/${name}`, 'utf8')).join();
    for (const file of [files.pin, files.soPin]) expect(shown).not.toContain(readFileSync(file, 'utf8'));
    expect(shown).toContain(files.configuration);
    expect(process.env.SOFTHSM2_CONF).not.toBe(files.configuration);
    expect(readFileSync(`/proc/${pid}/coredump_filter`, 'utf8').trim()).toBe('00000000');
  });

  it('says that the PIN is wrong, does not try it again, and serves once the file is right', async () => {
    await open().ready();
    await clients.pop()!.close();
    await until('agent has ended', () => agentPids().length === 0);
    const { pin } = tokenFolder(dataFolder);
    const right = readFileSync(pin);
    writeFileSync(pin, 'wrong');
    const hsm = open();
    await expect(hsm.ready()).rejects.toMatchObject({ code: 'unavailable', message: 'PIN is refused by the token' });
    await pause(700);
    expect((await hsm.status()).reason).toBe('PIN is refused by the token');
    expect(await codeOf(hsm.mac('keys', data))).toBe('unavailable');
    writeFileSync(pin, right);
    await eventually(() => hsm.mac('keys', data), 'answered');
  });

  it('says how to close a PIN file that is open to others', async () => {
    await open().ready();
    await clients.pop()!.close();
    await until('agent has ended', () => agentPids().length === 0);
    const { pin } = tokenFolder(dataFolder);
    chmodSync(pin, 0o644);
    await expect(open().ready()).rejects.toMatchObject({
      message: `PIN file ${pin} is open to others`,
      hint: `run chmod 600 ${pin}`,
    });
  });

  it('refuses a socket folder that others can enter', async () => {
    chmodSync(join(dataFolder, 'hsm'), 0o755);
    await expect(open({ startMs: 1500 }).ready()).rejects.toMatchObject({ code: 'unavailable' });
    expect(existsSync(options.socketPath)).toBe(false);
  });

  it('replaces the socket file of a dead agent', async () => {
    const hsm = open();
    await hsm.ready();
    for (const pid of agentPids()) process.kill(pid, 'SIGKILL');
    await hsm.close();
    clients.splice(0);
    await until('agent is dead', () => agentPids().length === 0);
    expect(existsSync(options.socketPath)).toBe(true);
    await open().ready();
  });
});

describe('agent connections', () => {
  /** Sends raw bytes after an optional greeting; answers whether the agent hung up. */
  async function hangsUpOn(bytes: Buffer, greet = true): Promise<boolean> {
    const socket = connect(options.socketPath);
    const reader = new FrameReader();
    let greeted = false;
    socket.on('data', (chunk) => reader.feed(chunk, () => (greeted = true)));
    const closed = new Promise<boolean>((resolve) => socket.once('close', () => resolve(true)));
    socket.on('error', () => {});
    if (greet) socket.write(encodeFrame(1, OP.hello, [u32(PROTOCOL_VERSION)]));
    if (greet) await until('greeting is answered', () => greeted);
    socket.write(bytes);
    const outcome = await Promise.race([closed, pause(500).then(() => false)]);
    socket.destroy();
    return outcome;
  }

  it('are closed on the first malformed frame, and others are served on', async () => {
    const hsm = open();
    await hsm.ready();
    const malformed = [
      Buffer.from('ffffffff', 'hex'),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      encodeFrame(2, 200, []),
      encodeFrame(2, OP.seal, [data]),
      encodeFrame(2, OP.random, [Buffer.alloc(3)]),
      encodeFrame(2, OP.verifyMacMany, [data, data]),
      encodeFrame(2, OP.signWith, [data]),
      encodeFrame(2, OP.createKeyPair, [data, data]),
    ];
    for (const bytes of malformed) expect(await hangsUpOn(bytes), bytes.toString('hex')).toBe(true);
    expect(await hangsUpOn(encodeFrame(2, OP.status, []))).toBe(false);
    expect(await codeOf(hsm.mac('keys', data))).toBe('answered');
  });

  it('are closed when the client greets with another version, or not at all', async () => {
    await open().ready();
    expect(await hangsUpOn(encodeFrame(1, OP.hello, [u32(999)]), false)).toBe(true);
    expect(await hangsUpOn(encodeFrame(1, OP.status, []), false)).toBe(true);
  });

  it('carry no more than 1024 requests in flight', async () => {
    const hsm = open();
    await hsm.ready();
    const codes = await Promise.all(Array.from({ length: 1200 }, () => codeOf(hsm.random(16))));
    expect(codes.filter((code) => code === 'answered')).toHaveLength(1024);
    expect(codes.filter((code) => code === 'overloaded')).toHaveLength(176);
    expect(await codeOf(hsm.random(16))).toBe('answered');
  });

  it('hold many requests of the largest size at once', async () => {
    const hsm = open();
    await hsm.ready();
    const rows = Array.from({ length: 12 }, (_, index) => Buffer.alloc(262_144, index));
    const macs = await Promise.all(rows.map((row) => hsm.mac('keys', row)));
    expect(new Set(macs.map((mac) => mac.toString('hex'))).size).toBe(12);
    expect((await hsm.macMany('keys', rows)).map((mac) => mac.toString('hex'))).toEqual(
      macs.map((mac) => mac.toString('hex')),
    );
  });

  it('fail with the reason when nobody serves the socket and nothing may be started', async () => {
    const alone = connectHsm({ socketPath: options.socketPath, startMs: 200 });
    clients.push(alone);
    await expect(alone.random(1)).rejects.toMatchObject({ code: 'unavailable', message: 'HSM agent does not start' });
    expect(await alone.status()).toMatchObject({ state: 'unavailable', reason: 'HSM agent does not start' });
    await alone.close();
    expect(await codeOf(alone.random(1))).toBe('unavailable');
  });
});
