/** Recorded resources: those the services record themselves, and those collectors register. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  AccountId,
  Cause,
  ConfigurationText,
  declared,
  ExternalType,
  ItemArn,
  ItemSummary,
  integer,
  list,
  nextPage,
  notFound,
  Proposed,
  page,
  pagination,
  ResourceId,
  ResourceName,
  ResourceType,
  RuleId,
  structure,
  Tags,
  text,
  timestamp,
  Verdict,
  VerdictEntry,
} from './config-shapes.ts';

const version = integer(1, Number.MAX_SAFE_INTEGER);

const registration = {
  ResourceType: ExternalType,
  ResourceId,
  ResourceName: ResourceName.optional(),
  Configuration: ConfigurationText,
  Tags: Tags.optional(),
  /** When the facts were seen; default: now. Not in the future. */
  ObservedAt: timestamp().optional(),
};
const example = {
  ResourceType: 'ext:volume',
  ResourceId: 'vol-1',
  Configuration:
    '{"encrypted":true,"kmsKeyArn":"arn:aws:kms:local-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"}',
  Tags: { env: 'prod' },
};
const conditions = [
  'aws:RequestTag/*',
  'aws:TagKeys',
  'aws:ResourceTag/*',
  'organizations:ConfigResourceType',
  'organizations:ConfigEncrypted',
];

export const PutResourceConfig = defineOperation({
  ...declared,
  name: 'PutResourceConfig',
  doc: 'Registers a resource outside the product, or what it looks like now, and answers what the rules say about it. Registering the same again only confirms it.',
  input: structure({
    ...registration,
    /** Refused unless the recorded version is this one; 0: only if there is none. */
    ExpectedVersion: integer(0, Number.MAX_SAFE_INTEGER).optional(),
  }),
  output: structure({ Item: ItemSummary, Verdicts: list(VerdictEntry, 0, 1000) }),
  errors: {
    ...notFound,
    SchemaMismatch: { status: 400, doc: 'The configuration does not fit the schema of its type.' },
    VersionConflict: { status: 409, doc: 'Somebody else changed the resource meanwhile.' },
  },
  authz: { action: 'organizations:PutResourceConfig', resource: 'organizations:config-resource', conditions },
  effect: 'write',
  examples: [{ title: 'an encrypted volume', input: example }],
});

export const BatchPutResourceConfigs = defineOperation({
  ...declared,
  name: 'BatchPutResourceConfigs',
  doc: 'Registers up to 100 resources at once: all of them, or none when one is refused.',
  input: structure({ Items: list(structure(registration), 1, 100) }),
  output: structure({ Items: list(ItemSummary, 0, 100), Changed: integer(0, 100) }),
  errors: {
    ...notFound,
    SchemaMismatch: { status: 400, doc: 'A configuration does not fit the schema of its type.' },
    VersionConflict: { status: 409, doc: 'Somebody else changed one of the resources meanwhile.' },
  },
  authz: { action: 'organizations:PutResourceConfig', resource: 'organizations:config-resource', conditions },
  effect: 'write',
  examples: [{ title: 'two volumes', input: { Items: [example, { ...example, ResourceId: 'vol-2' }] } }],
});

export const DeleteResourceConfig = defineOperation({
  ...declared,
  name: 'DeleteResourceConfig',
  doc: 'Records that a registered resource is gone. Its timeline stays.',
  input: structure({ ResourceType: ExternalType, ResourceId }),
  output: structure({ Item: ItemSummary }),
  errors: notFound,
  authz: { action: 'organizations:DeleteResourceConfig', resource: 'organizations:config-resource' },
  effect: 'write',
  examples: [{ title: 'a volume', input: { ResourceType: 'ext:volume', ResourceId: 'vol-1' } }],
});

export const GetResourceConfig = defineOperation({
  ...declared,
  name: 'GetResourceConfig',
  doc: 'A resource as it is recorded, or as it was at a moment, with the verdicts on it.',
  input: structure({ Arn: ItemArn, AsOf: timestamp().optional() }),
  output: structure({
    Item: ItemSummary,
    Configuration: ConfigurationText,
    Cause: Cause.optional(),
    /** Of now, whatever AsOf says. */
    Verdicts: list(VerdictEntry, 0, 1000),
  }),
  errors: notFound,
  authz: { action: 'organizations:GetResourceConfig', resource: 'organizations:config-resource' },
  effect: 'read',
  examples: [{ title: 'a user', input: { Arn: 'arn:aws:iam::123456789012:user/alice' } }],
});

export const ListResourceConfigs = defineOperation({
  ...declared,
  name: 'ListResourceConfigs',
  doc: 'Recorded resources of the account; the management account and delegated administrators list all members. A page may hold fewer than asked for while NextToken says that the list goes on.',
  input: structure({
    ResourceType: ResourceType.optional(),
    AccountId: AccountId.optional(),
    /** Default: those that exist. */
    Status: ItemSummary.shape.Status.optional(),
    ...page,
  }),
  output: structure({ Items: list(ItemSummary, 0, 500), ...nextPage }),
  errors: notFound,
  authz: { action: 'organizations:ListResourceConfigs', resource: '*' },
  effect: 'read',
  pagination,
  examples: [{ title: 'all volumes', input: { ResourceType: 'ext:volume' } }],
});

const Json = ConfigurationText;

export const GetResourceConfigHistory = defineOperation({
  ...declared,
  name: 'GetResourceConfigHistory',
  doc: 'The timeline of a resource, newest first: every version with what changed, who changed it and the record of it, and every turn of a verdict.',
  input: structure({ Arn: ItemArn, From: timestamp().optional(), To: timestamp().optional(), ...page }),
  output: structure({
    Versions: list(
      structure({
        Version: version,
        CapturedAt: timestamp(),
        Status: ItemSummary.shape.Status,
        Cause: Cause.optional(),
        /** Against the version before; JSON texts, absent where a member was not there. */
        Changes: list(structure({ Path: text(0, 4096), Before: Json.optional(), After: Json.optional() }), 0, 200),
        Configuration: Json,
        Tags,
      }),
      0,
      500,
    ),
    /** Of the time that the versions of this page cover. */
    VerdictChanges: list(
      structure({ At: timestamp(), RuleId, Before: Verdict.optional(), After: Verdict.optional() }),
      0,
      1000,
    ),
    ...nextPage,
  }),
  errors: notFound,
  authz: { action: 'organizations:GetResourceConfigHistory', resource: 'organizations:config-resource' },
  effect: 'read',
  pagination,
  examples: [{ title: 'a key', input: { Arn: 'arn:aws:iam::123456789012:user/alice', MaxResults: 20 } }],
});

export const EvaluateResourceConfig = defineOperation({
  ...declared,
  name: 'EvaluateResourceConfig',
  doc: 'What the rules would say about a configuration, before it exists. Nothing is recorded.',
  input: structure({ ResourceType: ExternalType, Configuration: ConfigurationText, Tags: Tags.optional() }),
  output: structure({ Verdicts: list(Proposed, 0, 1000) }),
  errors: {
    ...notFound,
    SchemaMismatch: { status: 400, doc: 'The configuration does not fit the schema of its type.' },
  },
  authz: { action: 'organizations:EvaluateResourceConfig', resource: '*' },
  effect: 'read',
  examples: [
    { title: 'a volume in the clear', input: { ResourceType: 'ext:volume', Configuration: '{"encrypted":false}' } },
  ],
});
