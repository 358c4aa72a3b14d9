/** Shapes that several operations share. Names, bounds and patterns are those of the AWS model unless said. */
import { z } from 'zod';
import { EnterpriseProjectId } from '../../../platform/contract/enterprise-project.ts';
import {
  ArnText,
  annotate,
  dictionary,
  flag,
  integer,
  list,
  oneOf,
  secretBlob,
  secretText,
  structure,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';

/** Bytes of a value, whether it is text or binary. */
export const MAX_VALUE_BYTES = 65_536;

export const SecretName = text(1, 512, { pattern: /^[A-Za-z0-9/_+=.@-]+$/ });
/** Name, ARN, or ARN without its last seven characters. */
export const SecretId = text(1, 2048, { pattern: /^[A-Za-z0-9/_+=.@:!-]+$/ });
/** The client's token is the id of the version it makes. */
export const VersionId = text(32, 64, { pattern: /^[!-~]+$/ });
/** PostgreSQL cannot store U+0000, and half a surrogate pair has no UTF-8 form. */
export const PlainText = /^[^\0\p{Surrogate}]*$/u;
export const Stage = text(1, 256, { pattern: /^[^\p{Control}\p{Surrogate}]+$/u });
export const Stages = list(Stage, 1, 20);
export const Description = text(0, 2048, { pattern: PlainText });
export const KmsKeyId = text(0, 2048, { pattern: PlainText });
export const SecretString = secretText(1, MAX_VALUE_BYTES);
export const SecretBinary = secretBlob(MAX_VALUE_BYTES);
export const TagKey = text(1, 128, { pattern: PlainText });
export const Tags = list(structure({ Key: TagKey, Value: text(0, 256, { pattern: PlainText }) }), 0, 200);
export const MaxResults = integer(1, 100);
export const NextToken = text(1, 4096, { audit: 'drop' });

const Region = text(1, 128, { pattern: /^([a-z]+-)+\d+$/ });
export const Regions = list(Region, 1, 100);
export const ReplicaRegions = list(structure({ Region: Region.optional(), KmsKeyId: KmsKeyId.optional() }), 1, 100);

export const FILTER_KEYS = [
  'description',
  'name',
  'tag-key',
  'tag-value',
  'primary-region',
  'owning-service',
  'all',
] as const;
export const Filters = list(
  structure({
    Key: oneOf(FILTER_KEYS).optional(),
    Values: list(text(0, 512, { pattern: /^!?[a-zA-Z0-9 :_@/+=.!-]*$/ }), 1, 10).optional(),
  }),
  0,
  10,
);

/** Names of keys are part of the value: no record keeps them. */
export const GrantedFields = annotate(list(text(1, 512, { pattern: PlainText, audit: 'drop' }), 1, 50), {
  audit: 'length',
});
export const MaxCacheSeconds = integer(0, 86_400);
/** AWS's: AutomaticallyAfterDays or ScheduleExpression. */
export const RotationRules = annotate(
  structure({
    AutomaticallyAfterDays: integer(1, 1000).optional(),
    Duration: text(2, 3, { pattern: /^[0-9]+h$/ }).optional(),
    ScheduleExpression: text(1, 256, { pattern: /^[0-9A-Za-z()#?*\-/, ]+$/ }).optional(),
  }),
  { title: 'RotationRules' },
);

/** What every change answers. */
export const named = { ARN: ArnText, Name: SecretName };

export const ordinal = () => integer(1, 2 ** 31 - 1);

const VersionsToStages = dictionary(z.string().min(32).max(64), Stages);

const described = {
  ARN: ArnText,
  Name: SecretName,
  Description: Description.optional(),
  /** Absent: the default key of the account. */
  KmsKeyId: KmsKeyId.optional(),
  LastChangedDate: timestamp().optional(),
  /** The day, not the moment. */
  LastAccessedDate: timestamp().optional(),
  DeletedDate: timestamp().optional(),
  /** Absent: the secret was never to rotate. */
  RotationEnabled: flag().optional(),
  RotationLambdaARN: text(0, 2048).optional(),
  RotationRules: RotationRules.optional(),
  LastRotatedDate: timestamp().optional(),
  /** The end of the next window. */
  NextRotationDate: timestamp().optional(),
  Tags: Tags.optional(),
  CreatedDate: timestamp().optional(),
  PrimaryRegion: Region.optional(),
  EnterpriseProjectId: EnterpriseProjectId.optional(),
};

export const DescribedSecret = { ...described, VersionIdsToStages: VersionsToStages.optional() };
export const ListedSecret = annotate(structure({ ...described, SecretVersionsToStages: VersionsToStages.optional() }), {
  title: 'SecretListEntry',
});

export const SecretValue = {
  ...named,
  VersionId,
  SecretBinary: SecretBinary.optional(),
  SecretString: SecretString.optional(),
  VersionStages: Stages.optional(),
  CreatedDate: timestamp(),
  /** Of who reads by a grant: the keys of the object that it lets through. */
  GrantedFields: GrantedFields.optional(),
  /** Of who reads by a grant: how long the value may be kept. */
  MaxCacheSeconds: MaxCacheSeconds.optional(),
};

export const SecretVersion = annotate(
  structure({
    VersionId,
    VersionStages: Stages.optional(),
    LastAccessedDate: timestamp().optional(),
    CreatedDate: timestamp(),
    KmsKeyIds: list(KmsKeyId, 0, 1).optional(),
  }),
  { title: 'SecretVersionsListEntry' },
);

/** A version as the native API shows it. */
export const VersionRecord = annotate(
  structure({
    VersionId,
    /** 1 for the first version of the secret, and so on without gaps. */
    Ordinal: ordinal(),
    VersionStages: list(Stage, 0, 20),
    CreatedDate: timestamp(),
    CreatedBy: text(1, 2048),
    KmsKeyArn: ArnText.optional(),
    Kind: oneOf(['text', 'binary']).optional(),
    /** After it the value cannot be read. */
    ExpiresAt: timestamp().optional(),
    LastAccessedDate: timestamp().optional(),
  }),
  { title: 'VersionRecord' },
);

export const ForceFlag = flag();
