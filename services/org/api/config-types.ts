/** Types of external resources: what a collector may register, and how long it is believed. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  declared,
  ExternalType,
  flag,
  integer,
  list,
  nextPage,
  notFound,
  page,
  pagination,
  structure,
  text,
} from './config-shapes.ts';

/** JSON Schema 2020-12, as text; the keywords that are available are told when another one is refused. */
const SchemaText = text(2, 65_536, { audit: 'length' });
const FreshnessHours = integer(1, 8_760);

const TypeEntry = structure({
  ResourceType: ExternalType,
  Title: text(0, 128),
  Schema: SchemaText,
  FreshnessHours,
  /** Comes with the product and cannot be changed. */
  Shipped: flag(),
});

export const PutConfigResourceType = defineOperation({
  ...declared,
  name: 'PutConfigResourceType',
  doc: 'Registers a type of external resources of the account, or changes it. Registered resources stay as they are.',
  input: structure({
    ResourceType: ExternalType,
    Title: text(0, 128).optional(),
    Schema: SchemaText,
    /** After this time without confirmation the verdict on a resource is INSUFFICIENT_DATA. */
    FreshnessHours: FreshnessHours.optional(),
  }),
  output: structure({ Type: TypeEntry }),
  errors: {
    InvalidSchema: { status: 400, doc: 'The schema cannot be used.' },
    ShippedType: { status: 400, doc: 'The type comes with the product and cannot be changed.' },
  },
  authz: { action: 'organizations:PutConfigResourceType', resource: 'organizations:config-type' },
  effect: 'write',
  examples: [
    { title: 'robots', input: { ResourceType: 'ext:robot', Schema: '{"type":"object","required":["firmware"]}' } },
  ],
});

export const ListConfigResourceTypes = defineOperation({
  ...declared,
  name: 'ListConfigResourceTypes',
  doc: 'Types of external resources that the account may register: its own and those that come with the product.',
  input: structure(page),
  output: structure({ Types: list(TypeEntry, 0, 500), ...nextPage }),
  authz: { action: 'organizations:ListConfigResourceTypes', resource: '*' },
  effect: 'read',
  pagination,
  examples: [{ title: 'all types', input: {} }],
});

export const DeleteConfigResourceType = defineOperation({
  ...declared,
  name: 'DeleteConfigResourceType',
  doc: 'Removes a type of the account that no recorded resource has any more.',
  input: structure({ ResourceType: ExternalType }),
  errors: {
    ...notFound,
    TypeInUse: { status: 409, doc: 'There are resources of this type.' },
    ShippedType: { status: 400, doc: 'The type comes with the product and cannot be removed.' },
  },
  authz: { action: 'organizations:DeleteConfigResourceType', resource: 'organizations:config-type' },
  effect: 'write',
  examples: [{ title: 'robots', input: { ResourceType: 'ext:robot' } }],
});
