import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

describe('the HSM', () => {
  const module = '/lib/a.so';
  const pins = { PARAPET_HSM_PIN_FILE: '/a/pin', PARAPET_HSM_SECOND_PIN_FILE: '/b/pin', PARAPET_HSM_MODULE: module };

  it.each([
    [{}, undefined],
    [{ PARAPET_HSM_PAIR: 'false' }, undefined],
    [{ PARAPET_HSM_PAIR: '1' }, { module: undefined, pinFile: undefined }],
    [
      { PARAPET_HSM_PAIR: 'true', ...pins },
      { module, pinFile: '/b/pin' },
    ],
    [
      { PARAPET_HSM_PAIR: 'true', ...pins, PARAPET_HSM_SECOND_MODULE: '/lib/b.so' },
      { module: '/lib/b.so', pinFile: '/b/pin' },
    ],
  ])('is one token, or two: %j', (environment, second) => {
    expect(readConfig(environment).hsm.second).toEqual(second);
  });

  it.each([
    [{ PARAPET_HSM_PAIR: 'yes' }],
    [{ PARAPET_HSM_SECOND_PIN_FILE: '/b/pin' }],
    [{ PARAPET_HSM_PAIR: 'true', PARAPET_HSM_SECOND_PIN_FILE: '/b/pin' }],
    [{ PARAPET_HSM_PAIR: 'true', PARAPET_HSM_PIN_FILE: '/a/pin', PARAPET_HSM_MODULE: module }],
  ])(
    'is refused where a real token would stand beside one in a file, or a setting has no meaning: %j',
    (environment) => {
      expect(() => readConfig(environment)).toThrow(ConfigError);
    },
  );
});

describe('the hosts of the ACME server', () => {
  it.each([
    ['', []],
    [' acme.example.com , ACME.example.com:8443', ['acme.example.com', 'acme.example.com:8443']],
    ['acme.example.com:443', ['acme.example.com']],
    ['192.0.2.1:8443,[2001:db8::1]', ['192.0.2.1:8443', '[2001:db8::1]']],
  ])('are read as they stand in a request: %j', (PARAPET_ACME_HOSTS, hosts) => {
    expect(readConfig({ PARAPET_ACME_HOSTS }).acmeHosts).toEqual(hosts);
  });

  it.each(['https://acme.example.com', 'acme.example.com/acme', 'a@acme.example.com', '*.example.com:x', 'a b'])(
    'are nothing else: %s',
    (PARAPET_ACME_HOSTS) => {
      expect(() => readConfig({ PARAPET_ACME_HOSTS })).toThrow(ConfigError);
    },
  );
});
