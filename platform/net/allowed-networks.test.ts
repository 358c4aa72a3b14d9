/** Class C13: whoever may name a host must not have us knock at this machine, its neighbours or the cloud around it. */
import { describe, expect, it } from 'vitest';
import { AllowedNetworks } from './allowed-networks.ts';

const METADATA = [
  '169.254.169.254',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '0:0:0:0:0:ffff:a9fe:a9fe',
  '169.254.170.2',
  '169.254.170.23',
  'fd00:ec2::254',
  'fd00:0ec2:0:0:0:0:0:254',
  'fd00:ec2::23',
  'fd20:ce::254',
  '100.100.100.200',
  '::ffff:100.100.100.200',
  '168.63.129.16',
  '::ffff:168.63.129.16',
  '192.0.0.192',
];

const NEVER_ORDINARY = [
  // this machine
  ...['127.0.0.1', '127.0.0.53', '127.1.2.3', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1'],
  ...['0.0.0.0', '0.1.2.3', '::', '::ffff:0.0.0.0', '::ffff:127.0.0.1', '::ffff:7f00:1'],
  // the link
  ...['169.254.0.1', '169.254.255.255', 'fe80::1', 'fe9f::1', 'febf::1', 'fec0::1'],
  // IPv4 in IPv6
  ...['::127.0.0.1', '::7f00:1', '::a9fe:a9fe', '::a00:1', '::2', '::ffff:0:7f00:1', '::ffff:0:a9fe:a9fe'],
  ...['64:ff9b::7f00:1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::7f00:1', '64:ff9b:1:fffe::a9fe:a9fe'],
  ...['2002:7f00:1::', '2002:a9fe:a9fe::1', '2002:a00:1::1', '2001::1', '2001:0:7f00:1::'],
  // many
  ...['224.0.0.1', '239.255.255.250', '255.255.255.255', 'ff02::1', 'ff05::2', 'ff0e::1'],
  // nobody
  ...['192.0.0.1', '192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '198.19.255.255', '240.0.0.1'],
  ...['192.88.99.1', '2001:db8::1', '3fff::1', '100::1', '100:0:0:1::1', '2001:2::1', '2001:10::1', '5f00::1'],
  ...['1::1', '4000::1', '8000::1', 'c000::1', 'e000::1', 'f000::1', 'fbff::1'],
];

const ORDINARY = ['1.1.1.1', '10.1.2.3', '172.16.0.9', '192.168.1.1', '100.64.0.1', '2606:4700::1111', 'fd12:3456::1'];

describe('without a rule', () => {
  const networks = new AllowedNetworks([]);
  it.each([...METADATA, ...NEVER_ORDINARY])('%s is refused', (address) => {
    expect(networks.allows(address)).toBe(false);
  });
  it.each(ORDINARY)('%s is let in', (address) => {
    expect(networks.allows(address)).toBe(true);
  });
});

describe('with ranges that hold every address', () => {
  const networks = new AllowedNetworks(['0.0.0.0/0', '::/0']);
  it.each(METADATA)('%s is refused', (address) => {
    expect(networks.allows(address)).toBe(false);
  });
  it('the rest is let in', () => {
    for (const address of [...ORDINARY, '127.0.0.1', '::1', '169.254.0.1'])
      expect(networks.allows(address), address).toBe(true);
  });
});

describe('with a range', () => {
  const networks = new AllowedNetworks(['10.0.0.0/8', 'fd12::/16']);
  it.each(['10.0.0.0', '10.255.255.255', '::ffff:10.1.2.3', 'fd12::1'])('%s is in it', (address) => {
    expect(networks.allows(address)).toBe(true);
  });
  it.each(['9.255.255.255', '11.0.0.0', '127.0.0.1', '1.1.1.1', 'fd13::1', '64:ff9b::a00:1', '::'])(
    '%s is not',
    (address) => {
      expect(networks.allows(address)).toBe(false);
    },
  );
});
