import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RotationTarget } from '../port.ts';
import { describeRotationTarget } from '../testing/conformance.ts';
import { type RedisSubject, redisSubject } from '../testing/redis-subject.ts';
import { logsIn, newCredential } from '../testing/subject.ts';
import { passwordHash } from './acl-user.ts';
import { redisRotation } from './rotation.ts';

// Redis has no login that hides the password: AUTH sends it, over TLS.
describeRotationTarget('Redis, two passwords', () => redisSubject(), { clearTextNeverTravels: false });

describe('Redis, two passwords', () => {
  let one: RedisSubject;
  let two: RedisSubject;
  let target: RotationTarget;
  const both = () => [...one.settings.endpoints, ...two.settings.endpoints] as const;
  beforeAll(async () => {
    one = await redisSubject();
    two = await redisSubject();
    // The same administrator on both.
    await two.server.admin('ACL', 'SETUSER', 'admin', `>${one.server.adminPassword}`);
    await two.server.admin('ACL', 'SAVE');
    target = redisRotation({ ...one.settings, endpoints: [both()[0]!, both()[1]!] });
  });
  afterAll(async () => {
    await one?.stop();
    await two?.stop();
  });

  it('is done on every node, and every node knows after a restart', async () => {
    await target.prepare();
    const current = newCredential('shop');
    await target.set({ pending: current });
    await target.finish({ pending: current });
    const pending = newCredential('shop');
    await target.set({ pending, current });
    for (const node of [one, two]) {
      expect(node.server.savedAcl()).toContain(passwordHash(pending.password));
      await node.kill();
      await node.start();
      expect([await logsIn(node, current), await logsIn(node, pending)]).toEqual([true, true]);
    }
    await target.verify({ pending, current });
    await target.retire({ outgoing: current, keep: [pending], sessions: 'keep' });
    for (const node of [one, two]) {
      expect(node.server.savedAcl()).not.toContain(passwordHash(current.password));
      expect([await logsIn(node, current), await logsIn(node, pending)]).toEqual([false, true]);
    }
  });

  it('goes on where it stopped when a node was down in the middle', async () => {
    const current = newCredential('shop');
    await target.prepare();
    await target.set({ pending: current });
    const pending = newCredential('shop');
    await two.kill();
    await expect(target.set({ pending, current })).rejects.toMatchObject({ code: 'unreachable' });
    expect(await target.probe(pending)).toMatchObject({ answer: 'unreachable' });
    await two.start();
    expect([await logsIn(one, pending), await logsIn(two, pending)]).toEqual([true, false]);
    // One node says no: the value is not set.
    expect(await target.probe(pending)).toEqual({ answer: 'refused' });
    await target.set({ pending, current });
    expect(await target.probe(pending)).toEqual({ answer: 'valid' });
  });

  it('shows no password to who watches the commands', async () => {
    const current = newCredential('shop');
    const pending = newCredential('shop');
    await one.server.admin('CONFIG', 'SET', 'slowlog-log-slower-than', '0');
    const seen: Buffer[] = [];
    const monitor = connect(one.serverPort, '127.0.0.1');
    monitor.on('data', (chunk: Buffer) => seen.push(chunk));
    monitor.write(`AUTH admin ${one.server.adminPassword}\r\nMONITOR\r\n`);
    while (!Buffer.concat(seen).includes('+OK\r\n+OK\r\n')) await new Promise((resolve) => setTimeout(resolve, 10));
    await target.set({ pending: current });
    await target.set({ pending, current });
    await target.verify({ pending, current });
    await target.retire({ outgoing: current, keep: [pending], sessions: 'end' });
    await one.server.admin('PING');
    await new Promise((resolve) => setTimeout(resolve, 200));
    monitor.destroy();
    const log = Buffer.concat(seen).toString();
    expect(log).toMatch(/"PING"/i);
    for (const { password } of [current, pending, one.settings.admin]) expect(log).not.toContain(password.toString());
    const slow = JSON.stringify(await one.server.admin('SLOWLOG', 'GET', '200'));
    expect(slow).toContain('SETUSER');
    for (const { password } of [current, pending]) expect(slow).not.toContain(password.toString());
  });

  it('notices a user who gets in with anything, and makes none', async () => {
    const current = newCredential('shop');
    await target.set({ pending: current });
    await one.server.admin('ACL', 'SETUSER', 'shop', 'nopass');
    const pending = newCredential('shop');
    await expect(target.set({ pending, current })).rejects.toMatchObject({ code: 'accepts-anything' });
    await expect(target.verify({ pending, current })).rejects.toMatchObject({ code: 'accepts-anything' });
    await one.server.admin('ACL', 'DELUSER', 'shop');
    await expect(target.set({ pending })).rejects.toMatchObject({ code: 'object-missing' });
    await target.prepare();
    await target.set({ pending });
  });

  it.each(['nopass', '>secret', '#abc', 'on', 'off', 'reset', 'resetpass', '<secret', '!abc', '', '~a b', '+get ~*'])(
    'takes no rule that could let somebody in: %j',
    async (rule) => {
      const wrong = redisRotation({ ...one.settings, user: 'fresh', rules: ['~shop:*', rule] });
      await expect(wrong.prepare()).rejects.toMatchObject({ code: 'statement-refused' });
      expect(await one.server.admin('ACL', 'GETUSER', 'fresh')).toBeNull();
    },
  );

  it('says that the administrator lacks a privilege, or is refused', async () => {
    await one.server.admin('ACL', 'SETUSER', 'weak', 'on', '>weak', '+ping');
    const weak = { username: 'weak', password: Buffer.from('weak') };
    await expect(redisRotation({ ...one.settings, admin: weak }).prepare()).rejects.toMatchObject({
      code: 'permission-missing',
    });
    await expect(redisRotation({ ...one.settings, admin: newCredential('admin') }).prepare()).rejects.toMatchObject({
      code: 'admin-refused',
    });
  });
});
