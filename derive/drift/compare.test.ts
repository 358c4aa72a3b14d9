import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type AnyOperation, defineOperation } from '../../platform/contract/operation.ts';
import {
  blob,
  dictionary,
  integer,
  list,
  oneOf,
  policyDocument,
  structure,
  text,
  timestamp,
} from '../../platform/contract/shape.ts';
import { differences } from './compare.ts';
import { wireModel } from './published-model.ts';
import { readSdkSchemas } from './sdk-schemas.ts';

const file = {
  metadata: { protocol: 'query' },
  operations: {
    Paint: { input: { shape: 'PaintRequest' }, output: { shape: 'PaintResponse' } },
    Wipe: { input: { shape: 'WipeRequest' } },
  },
  shapes: {
    PaintRequest: {
      type: 'structure',
      required: ['Wall'],
      members: {
        Wall: { shape: 'Name' },
        Colour: { shape: 'Colour' },
        Coats: { shape: 'Coats' },
        Tags: { shape: 'Tags' },
        Extra: { shape: 'Map' },
      },
    },
    PaintResponse: {
      type: 'structure',
      required: ['Id'],
      members: { Id: { shape: 'Name' }, At: { shape: 'Time' }, Policy: { shape: 'policyDocumentType' } },
    },
    WipeRequest: { type: 'structure', members: {} },
    Name: { type: 'string', min: 1, max: 64 },
    Colour: { type: 'string', enum: ['RED', 'BLUE'] },
    Coats: { type: 'integer', min: 1, max: 5 },
    Tags: { type: 'list', member: { shape: 'Tag' }, max: 50 },
    Tag: { type: 'structure', required: ['Key'], members: { Key: { shape: 'Name' }, Value: { shape: 'Name' } } },
    Map: { type: 'map', key: { shape: 'Name' }, value: { shape: 'Data' } },
    Data: { type: 'blob' },
    Time: { type: 'timestamp' },
    policyDocumentType: { type: 'string' },
    WetException: { type: 'structure', exception: true, error: { code: 'Wet', httpStatusCode: 409 } },
  },
};
const published = wireModel(file, 'the model');

const Tag = structure({ Key: text(1, 64), Value: text(1, 64).optional() });
const input = {
  Wall: text(1, 64),
  Colour: oneOf(['RED', 'BLUE']).optional(),
  Coats: integer(1, 5).optional(),
  Tags: list(Tag, 0, 50).optional(),
  Extra: dictionary(z.string(), blob(9)).optional(),
};
const output = { Id: text(1, 64), At: timestamp().optional(), Policy: policyDocument(99).optional() };

function paint(
  change: { input?: object; output?: object; errors?: object; unsupported?: string[]; name?: string } = {},
): AnyOperation {
  return defineOperation({
    name: change.name ?? 'Paint',
    service: 'iam',
    doc: 'Paints.',
    input: structure({ ...input, ...change.input } as typeof input),
    output: structure({ ...output, ...change.output } as typeof output),
    errors: (change.errors ?? { Wet: { status: 409, aws: 'Wet', doc: 'wet' } }) as never,
    authz: 'authenticated',
    effect: 'write',
    audit: { class: 'management' },
    aws: { protocol: 'query', version: '1', namespace: 'n', unsupported: change.unsupported ?? [] },
  });
}

function without(members: object, name: string): object {
  return { ...members, [name]: undefined };
}

/** `structure` cannot hold undefined members. */
function paintWithout(part: 'input' | 'output', name: string, more: { unsupported?: string[] } = {}): AnyOperation {
  const members = Object.fromEntries(
    Object.entries(without(part === 'input' ? input : output, name)).filter(([, v]) => v),
  );
  return { ...paint(more), [part]: structure(members as typeof input) } as AnyOperation;
}

describe('differences', () => {
  it('finds none in a declaration that agrees', () => {
    expect(differences(paint(), published)).toEqual([]);
  });

  it('accepts members that are known to be unsupported', () => {
    expect(differences(paintWithout('input', 'Coats', { unsupported: ['Coats'] }), published)).toEqual([]);
  });

  it.each([
    ['an unknown operation', paint({ name: 'Dance' }), 'iam Dance: is not an operation of the model'],
    ['a missing input member', paintWithout('input', 'Coats'), 'iam Paint input Coats: is not declared'],
    [
      'an input member of our own',
      paint({ input: { Mood: text(1, 9).optional() } }),
      'iam Paint input Mood: is not a member of AWS',
    ],
    [
      'an unknown unsupported member',
      paint({ unsupported: ['Mood'] }),
      'iam Paint input Mood: is called unsupported but is declared or unknown',
    ],
    [
      'a member both declared and unsupported',
      paint({ unsupported: ['Coats'] }),
      'iam Paint input Coats: is called unsupported but is declared or unknown',
    ],
    [
      'a member that must be there',
      paint({ input: { Coats: integer(1, 5) } }),
      'iam Paint input Coats: is optional for AWS',
    ],
    [
      'a member that may be absent',
      paint({ input: { Wall: text(1, 64).optional() } }),
      'iam Paint input Wall: is required by AWS',
    ],
    [
      'another type',
      paint({ input: { Coats: text(1, 5).optional() } }),
      'iam Paint input Coats: is a string, AWS has a number',
    ],
    [
      'a narrower minimum',
      paint({ input: { Coats: integer(2, 5).optional() } }),
      'iam Paint input Coats: begins at 2, AWS at 1',
    ],
    ['a narrower maximum', paint({ input: { Wall: text(1, 63) } }), 'iam Paint input Wall: ends at 63, AWS at 64'],
    [
      'fewer items',
      paint({ input: { Tags: list(Tag, 0, 5).optional() } }),
      'iam Paint input Tags: ends at 5, AWS at 50',
    ],
    [
      'fewer values',
      paint({ input: { Colour: oneOf(['RED']).optional() } }),
      'iam Paint input Colour: does not accept BLUE',
    ],
    [
      'a nested difference',
      paint({ input: { Tags: list(structure({ Key: text(1, 9) }), 0, 50).optional() } }),
      'iam Paint input Tags[] Key: ends at 9, AWS at 64',
    ],
    [
      'a missing nested member',
      paint({ input: { Tags: list(structure({ Key: text(1, 64) }), 0, 50).optional() } }),
      'iam Paint input Tags[] Value: is not declared',
    ],
    [
      'another map value',
      paint({ input: { Extra: dictionary(z.string(), text(1, 9)).optional() } }),
      'iam Paint input Extra value: is a string, AWS has a blob',
    ],
    [
      'an output member of our own',
      paint({ output: { Mood: text(1, 9) } }),
      'iam Paint output Mood: is not a member of AWS',
    ],
    ['a missing output member', paintWithout('output', 'Id'), 'iam Paint output Id: AWS always answers it'],
    [
      'an optional output member',
      paint({ output: { Id: text(1, 64).optional() } }),
      'iam Paint output Id: AWS always answers it',
    ],
    [
      'a policy that is not percent-encoded',
      paint({ output: { Policy: text(1, 9).optional() } }),
      'iam Paint output Policy: is answered as it is, by AWS percent-encoded',
    ],
    [
      'a text that is percent-encoded',
      paint({ output: { Id: policyDocument(9) } }),
      'iam Paint output Id: is answered percent-encoded, by AWS as it is',
    ],
    [
      'an unknown error',
      paint({ errors: { Dry: { status: 400, doc: 'dry' } } }),
      'iam Paint error Dry: AWS has no Dry',
    ],
    [
      'another status',
      paint({ errors: { Wet: { status: 400, aws: 'Wet', doc: 'wet' } } }),
      'iam Paint error Wet: status 400, AWS answers 409',
    ],
  ])('finds %s', (_, operation, line) => {
    expect(differences(operation, published)).toContain(line);
  });

  it('finds an answer where AWS answers nothing, and none where it answers', () => {
    const wipe = { ...paint({ name: 'Wipe' }), input: structure({}) } as AnyOperation;
    expect(differences(wipe, published)).toEqual(['iam Wipe output: AWS answers nothing']);
    expect(differences({ ...paint(), output: undefined } as AnyOperation, published)).toEqual([
      'iam Paint output: is not declared',
    ]);
  });
});

describe('readSdkSchemas', () => {
  const Tag$ = [3, 'ns', 'Tag', 0, ['Key', 'Value'], [0, 0], 1];
  const Secret = [0, 'ns', 'Secret', 8, 21];
  const client = {
    Paint$: [9, 'ns', 'Paint', 0, () => PaintRequest$, () => PaintResponse$],
    Wipe$: [9, 'ns', 'Wipe', 0, () => [3, 'ns', 'WipeRequest', 0, [], []], () => 'unit'],
    WetException$: [-3, 'ns', 'WetException', { awsQueryError: ['Wet', 409] }, [], []],
    PaintCommand: class {},
  };
  const PaintRequest$ = [
    3,
    'ns',
    'PaintRequest',
    0,
    ['Wall', 'Colour', 'Coats', 'Tags', 'Extra'],
    [0, [0, 4], 1, () => [1, 'ns', 'Tags', 0, () => Tag$], 128 | 21],
    1,
  ];
  const PaintResponse$ = [3, 'ns', 'PaintResponse', 0, ['Id', 'At', 'Policy'], [0, 4, [() => Secret, 0]], 1];
  const model = readSdkSchemas(client, 'the client');

  it('reads operations, structures, lists, maps and errors', () => {
    expect([...model.operations.keys()]).toEqual(['Paint', 'Wipe']);
    expect(model.operations.get('Wipe')?.output).toBeUndefined();
    expect(model.errors.get('Wet')).toEqual({ status: 409 });
    expect(differences(paint(), model)).toEqual(['iam Paint output Policy: is a string, AWS has a blob']);
  });

  it('knows required members', () => {
    expect(differences(paint({ input: { Wall: text(1, 64).optional() } }), model)).toContain(
      'iam Paint input Wall: is required by AWS',
    );
  });
});
