/** A small service of made-up operations, one for each thing the derived code has to carry. */
import { z } from 'zod';
import { defineOperation } from '../../platform/contract/operation.ts';
import {
  ArnText,
  blob,
  dictionary,
  flag,
  integer,
  list,
  oneOf,
  PageLimit,
  PageToken,
  policyDocument,
  secretBlob,
  structure,
  text,
  timestamp,
} from '../../platform/contract/shape.ts';

const Tag = structure({ TagKey: text(1, 128), TagValue: text(0, 256) });
const Context = dictionary(z.string().min(1).max(128), text(0, 256));
const errors = { NotFound: { status: 404, aws: 'NotFoundException', doc: 'The box does not exist.' } };

export const CreateBox = defineOperation({
  name: 'CreateBox',
  service: 'kms',
  area: 'boxes',
  doc: 'Makes a box.',
  input: structure({
    Description: text(0, 64).optional(),
    Policy: policyDocument(1024).optional(),
    Spec: oneOf(['SMALL', 'LARGE']).optional(),
    Sealed: flag().optional(),
    Size: integer(1, 100).optional(),
    OpensAt: timestamp().optional(),
    Tags: list(Tag, 0, 50).optional(),
  }),
  output: structure({ BoxId: text(1, 64), CreationDate: timestamp() }),
  errors,
  authz: { action: 'boxes:CreateBox', resource: '*' },
  effect: 'write',
  audit: { class: 'management' },
  examples: [{ title: 'a small box', input: { Spec: 'SMALL', Tags: [{ TagKey: 'app', TagValue: 'shop' }] } }],
});

const Seal = defineOperation({
  name: 'Seal',
  service: 'kms',
  area: 'boxes',
  doc: 'Seals bytes into a box.',
  input: structure({
    BoxId: text(1, 64),
    Plaintext: secretBlob(4096),
    Context: Context.default({}),
    Labels: list(text(1, 16), 0, 5).optional(),
  }),
  output: structure({ Sealed: blob(6144), BoxArn: ArnText }),
  errors,
  authz: { action: 'boxes:Seal', resource: 'boxes:box', conditions: ['boxes:Context:*'] },
  effect: 'use',
  audit: { class: 'crypto' },
  aws: { protocol: 'json-1.1', target: 'BoxService.Seal', unsupported: ['DryRun'] },
  examples: [{ title: 'seals a greeting', input: { BoxId: 'box-1', Plaintext: 'aGVsbG8=' } }],
});

export const GetBox = defineOperation({
  name: 'GetBox',
  service: 'kms',
  area: 'boxes',
  doc: 'Looks at one box.',
  input: structure({ BoxId: text(1, 64) }),
  output: structure({ BoxId: text(1, 64), Tags: list(Tag, 0, 50) }),
  errors,
  authz: { action: 'boxes:GetBox', resource: 'boxes:box' },
  effect: 'read',
  audit: { class: 'management' },
  rest: { method: 'GET', path: '/v1/boxes/box/{BoxId}' },
  examples: [{ title: 'one box', input: { BoxId: 'box-1' } }],
});

export const ListBoxes = defineOperation({
  name: 'ListBoxes',
  service: 'kms',
  area: 'boxes',
  doc: 'Lists boxes.',
  input: structure({
    Limit: PageLimit.optional(),
    Marker: PageToken.optional(),
    Specs: list(text(1, 9), 0, 2).optional(),
  }),
  output: structure({
    Boxes: list(structure({ BoxId: text(1, 64), Size: integer(1, 100).optional() }), 0, 1000),
    NextMarker: PageToken.optional(),
    Truncated: flag(),
  }),
  authz: { action: 'boxes:ListBoxes', resource: '*' },
  effect: 'read',
  audit: { class: 'management' },
  rest: { method: 'GET', path: '/v1/boxes/boxes' },
  pagination: { token: 'Marker', nextToken: 'NextMarker', limit: 'Limit', more: 'Truncated', defaultLimit: 100 },
  examples: [{ title: 'the first page', input: {} }],
});

const DropBox = defineOperation({
  name: 'DropBox',
  service: 'kms',
  area: 'boxes',
  doc: 'Deletes a box.',
  input: structure({ BoxId: text(1, 64) }),
  errors,
  authz: { action: 'boxes:DropBox', resource: 'boxes:box' },
  effect: 'write',
  audit: { class: 'management' },
  examples: [{ title: 'one box', input: { BoxId: 'box-1' } }],
});

export const boxes = { CreateBox, Seal, GetBox, ListBoxes, DropBox };
export const areas = { boxes };
