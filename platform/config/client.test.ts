import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readClientSettings, readDataFolder } from './client.ts';

describe('readClientSettings', () => {
  it('has defaults that fit a server on this machine', () => {
    expect(readClientSettings({})).toEqual({
      endpoint: 'https://127.0.0.1:8443',
      region: 'local-1',
    });
  });

  it('reads the variables of the AWS tools', () => {
    const settings = readClientSettings({
      PARAPET_ENDPOINT: 'https://cp.example',
      AWS_ACCESS_KEY_ID: 'AKIA1',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_SESSION_TOKEN: 'token',
      AWS_REGION: 'eu-1',
      NODE_EXTRA_CA_CERTS: '/ca.pem',
    });
    expect(settings).toEqual({
      endpoint: 'https://cp.example',
      region: 'eu-1',
      accessKey: { accessKeyId: 'AKIA1', secretAccessKey: 'secret', sessionToken: 'token' },
      caFile: '/ca.pem',
    });
  });

  it('prefers AWS_CA_BUNDLE, and takes empty variables for absent ones', () => {
    expect(readClientSettings({ AWS_CA_BUNDLE: '/a', NODE_EXTRA_CA_CERTS: '/b' }).caFile).toBe('/a');
    expect(readClientSettings({ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' })).not.toHaveProperty('accessKey');
  });

  it('refuses half an access key without showing the other half', () => {
    expect(() => readClientSettings({ AWS_SECRET_ACCESS_KEY: 'canary' })).toThrow(/^AWS_ACCESS_KEY_ID is not set/);
    expect(() => readClientSettings({ AWS_ACCESS_KEY_ID: 'AKIA1' })).toThrow(/^AWS_SECRET_ACCESS_KEY is not set/);
    expect(() => readClientSettings({ AWS_SECRET_ACCESS_KEY: 'canary' })).not.toThrow(/canary/);
  });
});

describe('readDataFolder', () => {
  it('is absolute, and ./data by default', () => {
    expect(readDataFolder({})).toBe(resolve('data'));
    expect(readDataFolder({ PARAPET_DATA: '/var/lib/parapet' })).toBe('/var/lib/parapet');
  });
});
