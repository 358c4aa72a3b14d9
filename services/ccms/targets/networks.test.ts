import { describe, expect, it } from 'vitest';
import type { TargetFailure } from './failure.ts';
import { TargetNetworks } from './networks.ts';

const pinned = (networks: TargetNetworks, host: string) =>
  networks.pinned({ host, port: 5432 }, 'shop').catch((error: TargetFailure) => error.code);

describe('without a rule', () => {
  const networks = new TargetNetworks([]);
  it.each(['192.0.2.1', '10.1.2.3', '172.16.0.9', '100.64.0.1', '2001:4860::1', 'fd00::1'])('%s', (address) => {
    // 192.0.2.0/24 is for documents.
    expect(networks.allows(address)).toBe(address !== '192.0.2.1');
  });

  it.each([
    '127.0.0.1',
    '127.1.2.3',
    '::1',
    '::',
    '0.0.0.0',
    '169.254.169.254',
    'fe80::1',
    '224.0.0.1',
    'ff02::1',
    '255.255.255.255',
    '::ffff:127.0.0.1',
    '::ffff:169.254.169.254',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
  ])('%s is refused', (address) => {
    expect(networks.allows(address)).toBe(false);
  });

  it('sockets and names of this machine are refused', async () => {
    expect(await pinned(networks, '/var/run/postgresql')).toBe('address-refused');
    expect(await pinned(networks, 'localhost')).toBe('address-refused');
  });
});

describe('with ranges', () => {
  const networks = new TargetNetworks(['10.0.0.0/8', '127.0.0.0/8', '::1/128', 'sockets']);

  it('nothing else is allowed', () => {
    expect(networks.allows('10.2.3.4')).toBe(true);
    expect(networks.allows('::ffff:10.2.3.4')).toBe(true);
    expect(networks.allows('11.2.3.4')).toBe(false);
    expect(networks.allows('fd00::1')).toBe(false);
  });

  it('a name is pinned to the address that was looked at, a socket stays a socket', async () => {
    expect(await pinned(networks, 'localhost')).toMatchObject({ host: 'localhost', port: 5432 });
    expect(['127.0.0.1', '::1']).toContain(((await pinned(networks, 'localhost')) as { address: string }).address);
    expect(await pinned(networks, '/run/db')).toEqual({ host: '/run/db', port: 5432 });
  });

  it('a name that nobody knows is unreachable', async () => {
    expect(await pinned(networks, 'no-such-host.invalid')).toBe('unreachable');
  });
});

it('what is no range is no setting', () => {
  expect(() => new TargetNetworks(['everywhere'])).toThrow();
});
