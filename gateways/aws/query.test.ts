import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ServiceError } from '../../platform/contract/error.ts';
import { defineOperation } from '../../platform/contract/operation.ts';
import {
  blob,
  dictionary,
  flag,
  integer,
  list,
  policyDocument,
  structure,
  text,
  timestamp,
} from '../../platform/contract/shape.ts';
import { decodeQuery, encodeQuery, encodeQueryError, parseForm } from './query.ts';
import { escapeXml } from './xml.ts';

const Sample = defineOperation({
  name: 'Sample',
  service: 'iam',
  doc: 'Exercises every kind of member.',
  input: structure({
    Name: text(1, 64),
    Count: integer(0, 9).optional(),
    On: flag().optional(),
    Data: blob(10).optional(),
    When: timestamp().optional(),
    Tags: list(structure({ Key: text(1, 9), Value: text(0, 9) }), 0, 9).optional(),
    Names: list(text(1, 9), 0, 9).optional(),
    Map: dictionary(z.string(), text(0, 9)).optional(),
  }),
  output: structure({
    Name: text(1, 64),
    Document: policyDocument(1000).optional(),
    When: timestamp().optional(),
    Tags: list(structure({ Key: text(1, 9) }), 0, 9).optional(),
  }),
  authz: 'authenticated',
  effect: 'read',
  audit: { class: 'management' },
  aws: { protocol: 'query', version: '2010-05-08', namespace: 'urn:test', unsupported: ['SerialNumber'] },
});

const decode = (form: string) => decodeQuery(Sample, parseForm(form));

describe('query input', () => {
  it('reads structures, lists, maps and scalars', () => {
    expect(
      decode(
        'Action=Sample&Version=1&Name=a+b%20c&Count=3&On=true&Data=aGk%3D&When=2026-01-02T03%3A04%3A05Z&Tags.member.1.Key=k&Tags.member.1.Value=&Tags.member.2.Key=l&Tags.member.2.Value=m&Names=&Map.entry.1.key=x&Map.entry.1.value=y',
      ),
    ).toEqual({
      Name: 'a b c',
      Count: 3,
      On: true,
      Data: Buffer.from('hi'),
      When: 1_767_323_045_000,
      Tags: [
        { Key: 'k', Value: '' },
        { Key: 'l', Value: 'm' },
      ],
      Names: [],
      Map: { x: 'y' },
    });
  });

  it.each([
    'Name=a&Name=b',
    'Name=%zz',
    'Name=%ff',
    'Names.member.2=a',
    'Names.member.999999999=a',
    'SerialNumber=x',
    `${'A.'.repeat(20)}B=1`,
    Array.from({ length: 1001 }, (_, i) => `p${i}=1`).join('&'),
  ])('refuses %.40s', (form) => expect(() => decode(form)).toThrow(ServiceError));

  it('keeps hostile names harmless', () => {
    decode('__proto__.polluted=1&constructor.prototype.polluted=1&Map.entry.1.key=__proto__&Map.entry.1.value=x');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('never fails otherwise than with a ServiceError', () => {
    fc.assert(
      fc.property(fc.string(), (form) => {
        try {
          decode(form);
        } catch (error) {
          expect(error).toBeInstanceOf(ServiceError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('query output', () => {
  it('writes the document, percent-encoding policies', () => {
    const answer = encodeQuery(Sample, { Name: '<&>', Document: '{"a":"b c*"}', When: 0, Tags: [{ Key: 'k' }] }, 'r-1');
    expect(answer.body).toBe(
      '<SampleResponse xmlns="urn:test"><SampleResult><Name>&lt;&amp;&gt;</Name><Document>%7B%22a%22%3A%22b%20c%2A%22%7D</Document>' +
        '<When>1970-01-01T00:00:00Z</When><Tags><member><Key>k</Key></member></Tags></SampleResult>' +
        '<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></SampleResponse>',
    );
  });

  it('names validation errors in the sentence of AWS', () => {
    const error = new ServiceError('Validation', 'x', {
      details: { issues: [{ path: ['PendingWindowInDays'], rule: 'minimum', expected: 7, value: '6', message: '' }] },
    });
    const answer = encodeQueryError(Sample, 'urn:test', error, 'r-2');
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('<Code>ValidationError</Code>');
    expect(answer.body).toContain(
      "1 validation error detected: Value '6' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value greater than or equal to 7",
    );
  });
});

it('escapes what XML cannot hold', () => expect(escapeXml('a\u0000\r"<')).toBe('a\uFFFD&#xD;&quot;&lt;'));
