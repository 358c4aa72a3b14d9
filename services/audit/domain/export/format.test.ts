import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EXPORT_FORMATS } from '../../api/export/shapes.ts';
import { eventIdOf, renderRecord } from './format.ts';
import type { NumberedRecord } from './recorded.ts';

const EVENT_ID = '019a0c1e-7b00-7000-8000-000000000001';
const ACCOUNT = '111122223333';
const TIME = Date.parse('2026-01-02T03:04:05.678Z');

const WHOLE = {
  awsRegion: 'local-1',
  eventCategory: 'Management',
  eventID: EVENT_ID,
  eventName: 'CreateKey',
  eventSource: 'kms.amazonaws.com',
  eventTime: '2026-01-02T03:04:05.678Z',
  eventType: 'ParapetApiCall',
  eventVersion: '1.11',
  managementEvent: true,
  readOnly: false,
  recipientAccountId: ACCOUNT,
  requestID: '019a0c1e-7b00-7000-8000-000000000002',
  requestParameters: { Description: 'tour' },
  resources: [{ ARN: `arn:aws:kms:local-1:${ACCOUNT}:key/1234`, accountId: ACCOUNT, type: 'AWS::KMS::Key' }],
  responseElements: { KeyMetadata: { KeyId: '1234' } },
  sourceIPAddress: '192.0.2.7',
  tlsDetails: { cipherSuite: 'TLS_AES_256_GCM_SHA384', clientProvidedHostHeader: 'localhost', tlsVersion: 'TLSv1.3' },
  userAgent: 'aws-cli/2',
  userIdentity: {
    accessKeyId: 'ASIAEXAMPLE',
    accountId: ACCOUNT,
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/Deployer/ci`,
    principalId: 'AROAEXAMPLE:ci',
    sessionContext: {
      attributes: { creationDate: '2026-01-02T03:00:00.000Z', mfaAuthenticated: 'true' },
      sessionId: 'ASIAEXAMPLE',
      sessionIssuer: {
        ...{ accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:role/Deployer`, principalId: 'AROAEXAMPLE' },
        ...{ type: 'Role', userName: 'Deployer' },
      },
    },
    type: 'AssumedRole',
  },
  x: { boot: 'b', enterpriseProject: '0', node: 'kms-1', schema: 1, wseq: 4 },
};

const numbered = (record: unknown): NumberedRecord => ({
  ...{ eventId: EVENT_ID, accountId: ACCOUNT, sequence: 7, time: TIME },
  text: typeof record === 'string' ? record : JSON.stringify(record),
});
const render = (format: (typeof EXPORT_FORMATS)[number], record: unknown) =>
  JSON.parse(renderRecord(format, numbered(record)));

describe('native', () => {
  it('is the record to the character', () => {
    expect(renderRecord('native', numbered(WHOLE))).toBe(JSON.stringify(WHOLE));
  });
});

describe('cloudtrail', () => {
  it('is a record of event version 1.11', () => {
    const { x, eventType, requestParameters, responseElements, ...same } = WHOLE;
    const { sessionContext, ...identity } = WHOLE.userIdentity;
    const { sessionId, ...session } = sessionContext;
    expect(render('cloudtrail', WHOLE)).toEqual({
      ...same,
      ...{ eventType: 'AwsApiCall', eventTime: '2026-01-02T03:04:05Z', requestParameters, responseElements },
      userIdentity: { ...identity, sessionContext: session },
      additionalEventData: { sequence: 7, enterpriseProjectId: '0' },
    });
  });

  it('has null where nothing was said, and types that CloudTrail knows', () => {
    const { requestParameters, responseElements, ...rest } = WHOLE;
    const record = render('cloudtrail', { ...rest, userIdentity: { type: 'Anonymous' } });
    expect(record).toMatchObject({
      requestParameters: null,
      responseElements: null,
      userIdentity: { type: 'Unknown' },
    });
  });
});

describe('ocsf', () => {
  it('is API Activity', () => {
    expect(render('ocsf', WHOLE)).toEqual({
      ...{ class_uid: 6003, class_name: 'API Activity', category_uid: 6, category_name: 'Application Activity' },
      ...{ activity_id: 1, activity_name: 'Create', type_uid: 600301, type_name: 'API Activity: Create' },
      ...{ time: TIME, severity_id: 1, severity: 'Informational', status_id: 1, status: 'Success' },
      metadata: {
        ...{ version: '1.6.0', uid: EVENT_ID, sequence: 7, event_code: 'CreateKey', log_name: 'audit' },
        product: { name: 'Parapet', vendor_name: 'Parapet', feature: { name: 'Management' } },
        ...{ log_provider: 'Parapet', profiles: ['cloud'] },
      },
      cloud: { provider: 'Parapet', region: 'local-1', account: { uid: ACCOUNT } },
      actor: {
        user: {
          ...{ type_id: 99, type: 'AssumedRole', name: 'Deployer', uid: 'AROAEXAMPLE:ci' },
          uid_alt: WHOLE.userIdentity.arn,
          ...{ credential_uid: 'ASIAEXAMPLE', account: { uid: ACCOUNT } },
        },
        session: {
          uid: 'ASIAEXAMPLE',
          issuer: `arn:aws:iam::${ACCOUNT}:role/Deployer`,
          created_time: Date.parse('2026-01-02T03:00:00.000Z'),
          is_mfa: true,
        },
      },
      api: {
        operation: 'CreateKey',
        service: { name: 'kms.amazonaws.com' },
        request: { uid: WHOLE.requestID },
      },
      src_endpoint: { ip: '192.0.2.7' },
      http_request: { user_agent: 'aws-cli/2' },
      resources: [{ uid: WHOLE.resources[0]!.ARN, type: 'AWS::KMS::Key', owner: { account: { uid: ACCOUNT } } }],
    });
  });

  it.each([
    ['AssumeRole', undefined, 3002, 1, 1],
    ['GetSessionToken', 'AccessDenied', 3002, 1, 2],
    ['DescribeKey', 'UnrecognizedClientException', 3002, 1, 2],
    ['DescribeKey', undefined, 6003, 2, 1],
    ['PutKeyPolicy', 'AccessDeniedException', 6003, 3, 2],
    ['ScheduleKeyDeletion', undefined, 6003, 4, 1],
    ['Sign', 'KMSInternalException', 6003, 99, 2],
  ])('%s (%s) is of class %i, activity %i, status %i', (eventName, errorCode, class_uid, activity_id, status_id) => {
    const record = render('ocsf', { ...WHOLE, eventName, ...(errorCode && { errorCode }) });
    expect(record).toMatchObject({ class_uid, activity_id, status_id, type_uid: class_uid * 100 + activity_id });
    if (class_uid === 3002) expect(record).toMatchObject({ user: { uid: 'AROAEXAMPLE:ci' }, is_remote: true });
  });
});

describe('ecs', () => {
  it('has what Elastic searches by', () => {
    expect(render('ecs', { ...WHOLE, errorCode: 'AccessDenied', errorMessage: 'no' })).toEqual({
      '@timestamp': '2026-01-02T03:04:05.678Z',
      ecs: { version: '8.17.0' },
      message: 'CreateKey failed: AccessDenied',
      event: {
        ...{ id: EVENT_ID, kind: 'event', module: 'parapet', dataset: 'parapet.audit', provider: 'kms.amazonaws.com' },
        ...{ action: 'CreateKey', category: ['api'], type: ['creation', 'denied'], outcome: 'failure', sequence: 7 },
      },
      cloud: {
        ...{ provider: 'parapet', region: 'local-1', account: { id: ACCOUNT } },
        service: { name: 'kms.amazonaws.com' },
      },
      user: { id: 'AROAEXAMPLE:ci', name: 'Deployer', roles: [`arn:aws:iam::${ACCOUNT}:role/Deployer`] },
      source: { ip: '192.0.2.7', address: '192.0.2.7' },
      user_agent: { original: 'aws-cli/2' },
      http: { request: { id: WHOLE.requestID } },
      error: { code: 'AccessDenied', message: 'no' },
      tls: {
        ...{ version: '1.3', version_protocol: 'tls', cipher: 'TLS_AES_256_GCM_SHA384' },
        client: { server_name: 'localhost' },
      },
      related: { ip: ['192.0.2.7'], user: ['Deployer', WHOLE.userIdentity.arn, 'AROAEXAMPLE:ci'] },
      parapet: {
        audit: {
          ...{ event_category: 'Management', read_only: false, enterprise_project_id: '0' },
          user_identity: {
            ...{ type: 'AssumedRole', arn: WHOLE.userIdentity.arn, account_id: ACCOUNT },
            ...{ access_key_id: 'ASIAEXAMPLE', session_id: 'ASIAEXAMPLE', mfa: true },
          },
          request_parameters: '{"Description":"tour"}',
          response_elements: '{"KeyMetadata":{"KeyId":"1234"}}',
          resources: [{ arn: WHOLE.resources[0]!.ARN, type: 'AWS::KMS::Key' }],
        },
      },
    });
  });
});

describe('cts', () => {
  it('is a trace', () => {
    expect(render('cts', WHOLE)).toEqual({
      ...{ trace_id: EVENT_ID, trace_name: 'CreateKey', trace_rating: 'normal', trace_type: 'ApiCall' },
      ...{ time: TIME, record_time: TIME, service_type: 'KMS', resource_type: 'AWS::KMS::Key', code: '200' },
      ...{ resource_id: WHOLE.resources[0]!.ARN, resource_name: '1234', resource_account_id: ACCOUNT },
      ...{ domain_id: ACCOUNT, enterprise_project_id: '0', source_ip: '192.0.2.7', user_agent: 'aws-cli/2' },
      user: {
        ...{ type: 'AssumedRole', id: 'AROAEXAMPLE:ci', name: 'Deployer', account_id: ACCOUNT },
        ...{ access_key_id: 'ASIAEXAMPLE', principal_urn: WHOLE.userIdentity.arn, principal_is_root_user: 'false' },
        domain: { id: ACCOUNT },
      },
      ...{ request: '{"Description":"tour"}', response: '{"KeyMetadata":{"KeyId":"1234"}}' },
      ...{ request_id: WHOLE.requestID, read_only: false, location_info: 'local-1' },
      ...{ event_type: 'system', tracker_name: 'system' },
    });
  });

  it.each([
    ['AccessDenied', 'warning', '403'],
    ['Unauthenticated', 'warning', '401'],
    ['NotFoundException', 'warning', undefined],
    ['KMSInternalException', 'incident', undefined],
  ])('rates %s as %s', (errorCode, trace_rating, code) => {
    const trace = render('cts', { ...WHOLE, errorCode });
    expect([trace.trace_rating, trace.code]).toEqual([trace_rating, code]);
  });
});

const RUNS = Number(process.env.PARAPET_FUZZ_CASES ?? 20) * 20;
const CANARY = 'c4n4ry';

/** Records in which anything may stand anywhere; what no format lists is marked. */
const anyRecord = fc
  .record(
    {
      ...Object.fromEntries(Object.keys(WHOLE).map((name) => [name, fc.jsonValue()])),
      userIdentity: fc.oneof(
        fc.jsonValue(),
        fc.constant({ ...WHOLE.userIdentity, secretAccessKey: CANARY, sessionContext: { token: CANARY } }),
      ),
      tlsDetails: fc.oneof(fc.jsonValue(), fc.constant({ tlsVersion: 'TLSv1.3', masterSecret: CANARY })),
      resources: fc.oneof(fc.jsonValue(), fc.constant([null, 3, { ARN: 'arn:x', password: CANARY }])),
    },
    { requiredKeys: [] },
  )
  .map((record) => ({ ...record, eventID: EVENT_ID, authorization: CANARY, x: { secret: CANARY } }));

describe.each(EXPORT_FORMATS)('%s', (format) => {
  it('renders every record to one line of JSON with its event id, the same each time', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const line = renderRecord(format, numbered(record));
        expect(line).toBe(renderRecord(format, numbered(record)));
        expect(line).not.toMatch(/[\r\n]/);
        expect(eventIdOf(format, JSON.parse(line))).toBe(EVENT_ID);
        if (format !== 'native') expect(line).not.toContain(CANARY);
      }),
      { numRuns: RUNS },
    );
  });

  it('renders what is no record at all', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const line = renderRecord(format, numbered(text));
        expect(line).not.toMatch(/[\r\n]/);
        expect(() => JSON.parse(line)).not.toThrow();
      }),
      { numRuns: RUNS },
    );
  });
});
