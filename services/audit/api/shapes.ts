/** Shapes of the audit operations. What a record holds is never copied into the record of the search for it. */
import { z } from 'zod';
import {
  ArnText,
  annotate,
  blob,
  integer,
  list,
  oneOf,
  structure,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';

/** Longest record that is taken in: one that is committed can no longer be made shorter, only lost. */
const MAX_ACCEPTED_CHARACTERS = 262_144;

export const EventId = text(36, 36, { pattern: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/ });
/** 32 bytes, lower-case hexadecimal. */
export const HashText = text(64, 64, { pattern: /^[0-9a-f]{64}$/ });
/** Position in the stream of one account; the first record is 1, none is left out. */
export const Sequence = integer(1, Number.MAX_SAFE_INTEGER);
export const Outcome = oneOf(['success', 'denied', 'failed']);
export const Order = oneOf(['desc', 'asc']);

/** A JSON value; the record of the operation keeps nothing of it. */
export const json = () => annotate(z.unknown(), { audit: 'drop' });

/** One record on its way from the service that wrote it. */
export const RelayedRecord = structure({
  EventId,
  /** Empty for a caller without an account. */
  AccountId: text(0, 12, { pattern: /^(\d{12})?$/ }),
  CreatedAt: timestamp(),
  Wseq: integer(0, Number.MAX_SAFE_INTEGER),
  Boot: text(1, 64),
  Node: text(1, 128),
  Record: text(1, MAX_ACCEPTED_CHARACTERS, { audit: 'length' }),
});

export const StreamHead = structure({
  /** 0 for a stream without records. */
  Sequence: integer(0, Number.MAX_SAFE_INTEGER),
  Hash: HashText,
});

/** A record exactly as it was hashed. */
export const StreamRecord = structure({
  Sequence,
  Record: text(1, MAX_ACCEPTED_CHARACTERS, { audit: 'length' }),
  PreviousHash: HashText,
  Hash: HashText,
  /** Its leaf in the Merkle log of all accounts, from 0. */
  LogPosition: integer(0, Number.MAX_SAFE_INTEGER).optional(),
});

/** What the log was named before it was put back to an earlier state. */
export const PreviousLog = annotate(
  structure({
    Origin: text(1, 255),
    /** The last that was signed under that name, as far as this machine knows; absent: nothing was. */
    Size: integer(0, Number.MAX_SAFE_INTEGER).optional(),
    RootHash: blob(32, 32).optional(),
    /** The longest signed beginning that both logs are known to have in common; more than this was lost. */
    CommonSize: integer(0, Number.MAX_SAFE_INTEGER),
    CommonRootHash: blob(32, 32),
    /** Why, as somebody declared it. */
    Reason: text(1, 1_024),
  }),
  { title: 'PreviousLog' },
);

export const FoundEvent = structure({ Sequence, Event: json(), Hash: HashText });

const Statement = structure({
  PolicyArn: text(1, 2048),
  /** The project that the policy is granted in; absent: it holds everywhere. */
  EnterpriseProjectId: text(1, 36).optional(),
  Version: text(1, 64).optional(),
  Sid: text(0, 2048).optional(),
  Index: integer(0, 100_000),
});

/** Condition key to its value; a list is a multivalued key. */
const ContextValues = annotate(z.record(z.string(), z.unknown()), { audit: 'drop' });

/** Root, unit or account of the organization. */
export const DecisionLevel = structure({ Id: text(1, 64), Name: text(0, 128) });

/** `p-examplepolicy@version` of what was attached. */
export const BoundLevel = structure({ Id: text(1, 64), Policies: list(text(1, 256), 0, 1000) });

/** A guardrail that is only observed and would have denied. */
export const ObservedDenial = structure({
  Layer: text(1, 64),
  Level: DecisionLevel,
  PolicyId: text(1, 128),
  Statement,
});

const check = {
  Action: text(1, 256),
  Resource: text(1, 2048),
  ResourceAccount: text(0, 12).optional(),
  Effect: oneOf(['allow', 'deny']),
  Reason: text(1, 64),
  /** The denying layer, or for `allow` the layer that granted. */
  Layer: text(1, 64).optional(),
  /** Where the guardrail that denied is attached. */
  Level: DecisionLevel.optional(),
  /** Of the account that owns the resource, when it kept others from using it. */
  OwnerState: text(1, 64).optional(),
  Statements: list(Statement, 0, 1000),
  /** The levels that bound whoever asked for the resource, from the root down. */
  ResourceLevels: list(BoundLevel, 0, 100).optional(),
  /** Keys of this check besides those of the request. */
  Context: ContextValues,
};

export const DecisionCheck = structure(check);

export const DecisionPrincipal = structure({
  Type: text(1, 64),
  Arn: text(0, 2048).optional(),
  AccountId: text(0, 12).optional(),
  PrincipalId: text(0, 256).optional(),
  UserName: text(0, 256).optional(),
  AccessKeyId: text(0, 128).optional(),
  SessionId: text(0, 128).optional(),
  /** ARN of the role or user that the session has its permissions from. */
  SessionIssuer: text(0, 2048).optional(),
  SourceIdentity: text(0, 64).optional(),
});

/** A decision about somebody other than the caller. */
export const AskedDecision = structure({
  ...check,
  Principal: DecisionPrincipal,
  Policies: list(text(1, 2200), 0, 1000),
  PolicyVersion: integer(0, Number.MAX_SAFE_INTEGER).optional(),
  Observed: list(ObservedDenial, 0, 1000).optional(),
});

export const ResourceArn = ArnText;
export { ContextValues };
