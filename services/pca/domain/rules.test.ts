/** The smaller rules of the private CA, as tables. */
import { describe, expect, it } from 'vitest';
import { parseAuthorityArn, serialOfArn } from './authority-ref.ts';
import { AUTHORITY_ACTIONS, type AuthorityStatus, permits, statusOf } from './authority-state.ts';
import { serialNumber, serialPrefix } from './serial.ts';
import { templateArn, templateOf } from './template.ts';
import { periodOf, type Validity } from './validity.ts';
import { type GeneralName, ipName } from './x509/general-name.ts';
import { writeName } from './x509/name.ts';
import { constraintProblem, readNameConstraints, writeNameConstraints } from './x509/name-constraints.ts';
import { ATTRIBUTE } from './x509/oids.ts';

describe('the validity of a certificate', () => {
  const now = Date.UTC(2026, 0, 31, 12, 0, 0, 500);
  const start = Date.UTC(2026, 0, 31, 11, 0, 0);
  it.each<[Validity, number]>([
    [{ Type: 'DAYS', Value: 1 }, Date.UTC(2026, 1, 1, 10, 59, 59)],
    [{ Type: 'MONTHS', Value: 1 }, Date.UTC(2026, 1, 28, 10, 59, 59)],
    [{ Type: 'MONTHS', Value: 25 }, Date.UTC(2028, 1, 29, 10, 59, 59)],
    [{ Type: 'YEARS', Value: 30 }, Date.UTC(2056, 0, 31, 10, 59, 59)],
    [{ Type: 'ABSOLUTE', Value: 2_524_607_999 }, Date.UTC(2049, 11, 31, 23, 59, 59)],
    [{ Type: 'ABSOLUTE', Value: 2_524_608_000 }, Date.UTC(2050, 0, 1)],
    [{ Type: 'END_DATE', Value: 491_231_235_959 }, Date.UTC(2049, 11, 31, 23, 59, 59)],
    [{ Type: 'END_DATE', Value: 20_500_101_000_000 }, Date.UTC(2050, 0, 1)],
    [{ Type: 'END_DATE', Value: 500_101_000_000 }, Number.NaN],
  ])('%j', (validity, end) => {
    const period = periodOf({ validity }, now);
    if (Number.isNaN(end)) expect(period.ok).toBe(false);
    else expect(period).toEqual({ ok: true, notBefore: start, notAfter: end });
  });

  it.each<[string, Validity, Validity?]>([
    ['a date that does not exist', { Type: 'END_DATE', Value: 20_270_230_000_000 }],
    ['a day beyond the calendar', { Type: 'DAYS', Value: 2 ** 50 }],
    ['a year beyond the calendar', { Type: 'YEARS', Value: 2 ** 50 }],
    ['a beginning in days', { Type: 'DAYS', Value: 1 }, { Type: 'DAYS', Value: 1 }],
  ])('is not %s', (_title, validity, notBefore) => {
    expect(periodOf({ validity, notBefore }, now).ok).toBe(false);
  });

  it('begins with its authority when that is younger than an hour', () => {
    expect(periodOf({ validity: { Type: 'DAYS', Value: 1 } }, now, now - 1500)).toMatchObject({
      notBefore: Date.UTC(2026, 0, 31, 11, 59, 59),
    });
  });
});

describe('templates', () => {
  it.each([
    ['EndEntityCertificate', { kind: 'end-entity', passesApi: false, passesCsr: false }],
    ['EndEntityCertificate_APICSRPassthrough', { passesApi: true, passesCsr: true }],
    ['RootCACertificate_APIPassthrough', { kind: 'root', passesApi: true, passesCsr: false }],
    ['SubordinateCACertificate_PathLen3', { kind: 'subordinate', pathLength: 3 }],
    ['BlankSubordinateCACertificate_PathLen0_APIPassthrough', { kind: 'subordinate', pathLength: 0, passesApi: true }],
    ['BlankEndEntityCertificate_CriticalBasicConstraints_CSRPassthrough', { criticalBasicConstraints: true }],
  ])('%s', (name, expected) => expect(templateOf('aws', templateArn('aws', name))).toMatchObject(expected));

  it.each([
    templateArn('aws', 'Nothing'),
    templateArn('aws', 'BlankEndEntityCertificate'),
    templateArn('aws', 'RootCACertificate_CSRPassthrough'),
    templateArn('aws-cn', 'EndEntityCertificate'),
    'arn:aws:acm-pca:::template/EndEntityCertificate/V2',
    'arn:aws:acm-pca:::template/constructor/V1',
  ])('%s is none', (arn) => expect(templateOf('aws', arn)).toBeUndefined());
});

describe('the state of an authority', () => {
  const ALLOWED: Record<string, AuthorityStatus[]> = {
    IssueCertificate: ['ACTIVE'],
    IssueOwnCertificate: ['PENDING_CERTIFICATE', 'ACTIVE', 'EXPIRED'],
    ImportCertificate: ['PENDING_CERTIFICATE', 'ACTIVE', 'DISABLED', 'EXPIRED'],
    GetCertificate: ['ACTIVE', 'DISABLED', 'EXPIRED'],
    GetIssued: ['PENDING_CERTIFICATE', 'ACTIVE', 'DISABLED', 'EXPIRED'],
    Revoke: ['ACTIVE', 'DISABLED', 'EXPIRED'],
    GetCsr: ['PENDING_CERTIFICATE', 'ACTIVE', 'DISABLED', 'EXPIRED'],
    Disable: ['ACTIVE', 'DISABLED', 'EXPIRED'],
    Enable: ['ACTIVE', 'DISABLED'],
    Delete: ['PENDING_CERTIFICATE', 'DISABLED', 'EXPIRED'],
    Restore: ['DELETED'],
    Tag: ['PENDING_CERTIFICATE', 'ACTIVE', 'DISABLED', 'EXPIRED'],
  };
  const STATUSES = ['CREATING', 'PENDING_CERTIFICATE', 'ACTIVE', 'DELETED', 'DISABLED', 'EXPIRED', 'FAILED'] as const;
  it.each(AUTHORITY_ACTIONS)('permits %s', (action) => {
    expect(STATUSES.filter((status) => permits(action, status)).sort()).toEqual(ALLOWED[action]!.sort());
  });

  it('expires with its certificate', () => {
    expect(statusOf({ state: 'ACTIVE', not_after: 1000 }, 1000)).toBe('ACTIVE');
    expect(statusOf({ state: 'ACTIVE', not_after: 1000 }, 1001)).toBe('EXPIRED');
    expect(statusOf({ state: 'DISABLED', not_after: 1000 }, 1001)).toBe('DISABLED');
  });
});

describe('names of authorities', () => {
  const place = { partition: 'aws', region: 'local-1' };
  const arn = 'arn:aws:acm-pca:local-1:111122223333:certificate-authority/11223344-1234-1122-2233-112233445566';
  it('are read', () => expect(parseAuthorityArn(arn, place)).toMatchObject({ accountId: '111122223333' }));
  it.each([
    arn.replace('local-1', 'eu-west-1'),
    arn.replace('arn:aws:', 'arn:aws-cn:'),
    arn.replace('acm-pca', 'acm'),
    arn.replace('111122223333', '1'),
    `${arn}/certificate/00`,
    arn.slice(0, -1),
  ])('%s is none', (text) => expect(parseAuthorityArn(text, place)).toBeUndefined());

  it('lead to certificates', () => {
    expect(serialOfArn(`${arn}/certificate/0a0b`, arn)).toBe('0a0b');
    expect(serialOfArn(`${arn}/certificate/0A`, arn)).toBeUndefined();
    expect(serialOfArn(`${arn.replace('5566', '5567')}/certificate/0a`, arn)).toBeUndefined();
  });
});

describe('serial numbers', () => {
  it('are positive and 18 octets long, whatever is drawn', () => {
    for (let byte = 0; byte < 256; byte++) {
      const serial = serialNumber(serialPrefix(byte), Buffer.alloc(17, byte));
      expect(serial).toHaveLength(18);
      expect(serial[0]! >= 0x01 && serial[0]! <= 0x7f).toBe(true);
    }
  });
});

describe('name constraints', () => {
  const dns = (value: string): GeneralName => ({ kind: 'dns', value });
  const mail = (value: string): GeneralName => ({ kind: 'email', value });
  const uri = (value: string): GeneralName => ({ kind: 'uri', value });
  const range = (hex: string): GeneralName => ({ kind: 'ip', address: Buffer.from(hex, 'hex') });
  const directory = (value: string): GeneralName => ({
    kind: 'directory',
    name: writeName([{ oid: ATTRIBUTE.organization, value }]),
  });
  const TEN = range('0a000000ff000000');
  it.each<[GeneralName, GeneralName, boolean]>([
    [dns('example.com'), dns('example.com'), true],
    [dns('a.EXAMPLE.com'), dns('example.com'), true],
    [dns('badexample.com'), dns('example.com'), false],
    [dns('*.example.com'), dns('example.com'), true],
    [dns('*.example.com'), dns('a.example.com'), false],
    [dns('anything'), dns(''), true],
    [mail('a@example.com'), mail('example.com'), true],
    [mail('a@b.example.com'), mail('example.com'), false],
    [mail('a@b.example.com'), mail('.example.com'), true],
    [mail('a@example.com'), mail('a@example.com'), true],
    [mail('A@example.com'), mail('a@example.com'), false],
    [uri('https://a.example.com:8443/x'), uri('a.example.com'), true],
    [uri('https://u@b.example.com/x'), uri('.example.com'), true],
    [uri('https://example.com.evil.org/'), uri('.example.com'), false],
    [uri('urn:x:example.com'), uri('example.com'), false],
    [ipName('10.1.2.3')!, TEN, true],
    [ipName('11.1.2.3')!, TEN, false],
    [ipName('2001:db8::1')!, TEN, false],
    [directory('Example'), directory('EXAMPLE'), true],
    [directory('Example'), directory('Other'), false],
  ])('%j under %j: %s', (name, tree, isUnder) => {
    const named = { subject: writeName([]), names: [name] };
    expect(constraintProblem(named, { permitted: [tree], excluded: [] }) === undefined).toBe(isUnder);
    if (isUnder) expect(constraintProblem(named, { permitted: [tree], excluded: [tree] })).toContain('excluded');
  });

  it('exclude a wildcard that stands for an excluded name', () => {
    const named = { subject: writeName([]), names: [dns('*.example.com')] };
    expect(constraintProblem(named, { permitted: [], excluded: [dns('a.example.com')] })).toContain('excluded');
    expect(constraintProblem(named, { permitted: [], excluded: [dns('b.a.example.com')] })).toBeUndefined();
  });

  it.each(['www.example.org', 'WWW.example.org.', '192.0.2.1', '2001:db8::1'])(
    'hold for the common name %s, which looks like a host',
    (value) => {
      const subject = writeName([{ oid: ATTRIBUTE.commonName, value }]);
      const permitted = [dns('example.com'), TEN, range('20010db9'.padEnd(32, '0') + 'ffffffff'.padEnd(32, '0'))];
      expect(constraintProblem({ subject, names: [] }, { permitted, excluded: [] })).toContain('not permitted');
    },
  );

  it.each([
    'urn:x:bad.example.com',
    'https://[2001:db8::1]/',
    'https://b%61d.example.com/',
    'https://a@b@bad.example.com/',
    'https://good.example.org\\@bad.example.com/',
    'https://bad.example.com./',
    'https:/bad.example.com/',
  ])('exclude %s, whose host cannot be told', (value) => {
    const named = { subject: writeName([]), names: [uri(value)] };
    expect(constraintProblem(named, { permitted: [], excluded: [uri('bad.example.com')] })).toContain('excluded');
    expect(constraintProblem(named, { permitted: [uri('bad.example.com')], excluded: [] })).toContain('not permitted');
    expect(constraintProblem(named, { permitted: [dns('example.com')], excluded: [] })).toBeUndefined();
  });

  it('permit no name of a form that is not looked into', () => {
    const other: GeneralName = { kind: 'other', bytes: Buffer.from('a00406022a03', 'hex') };
    const named = { subject: writeName([]), names: [other] };
    expect(constraintProblem(named, { permitted: [other], excluded: [] })).toContain('not permitted');
    expect(constraintProblem(named, { permitted: [], excluded: [other] })).toContain('excluded');
    expect(constraintProblem(named, { permitted: [dns('example.com')], excluded: [] })).toBeUndefined();
  });

  it('are read as they were written', () => {
    const constraints = { permitted: [dns('example.com'), TEN], excluded: [mail('example.org'), directory('Other')] };
    const read = readNameConstraints(writeNameConstraints(constraints));
    expect(writeNameConstraints(read)).toEqual(writeNameConstraints(constraints));
  });

  it.each([
    ['nothing', '3000'],
    ['an empty list', '3002a000'],
    ['a distance', '300ca00a300882036578618001' + '01'],
    ['a mask with gaps', '300ea00c300a87080a000000ff00ff00'],
    ['an address without a mask', '300aa008300687040a000000'],
  ])('refuse %s', (_title, hex) => {
    expect(() => readNameConstraints(Buffer.from(hex, 'hex'))).toThrow();
  });
});
