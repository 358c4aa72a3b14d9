/** Where records are sent, and how that goes. Secrets go in and never come out again. */
import {
  ArnText,
  annotate,
  flag,
  integer,
  list,
  oneOf,
  secretText,
  structure,
  text,
  timestamp,
} from '../../../../platform/contract/shape.ts';
import { EventId } from '../shapes.ts';

export const EXPORT_FORMATS = ['native', 'cloudtrail', 'ocsf', 'ecs', 'cts'] as const;

export const ExportName = text(1, 64, { pattern: /^[A-Za-z0-9_-]+$/ });
export const Description = text(0, 1024);
/** Position in what is exported: of an account the sequence in its stream, of an organization the place in the log. */
export const Position = integer(0, Number.MAX_SAFE_INTEGER);

const Url = text(9, 2048, { pattern: /^https:\/\/[!-~]+$/ });
const Pem = text(1, 65_536, { audit: 'length' });

/** How the receiver proves who it is, and how we do. */
const tls = {
  /** Certificates that may have signed the receiver's, PEM; absent: those of the system. */
  Ca: Pem.optional(),
  /** What its certificate must say, when it is not the host. */
  ServerName: text(1, 253, { pattern: /^[A-Za-z0-9.-]+$/ }).optional(),
  /** Ours, PEM, with the chain above it. */
  ClientCertificate: Pem.optional(),
};
const clientKey = { ClientKey: secretText(1, 16_384).optional() };
/** Whole value of the header: `ApiKey ...`, `Bearer ...`. */
const authorization = { Authorization: secretText(1, 4_096).optional() };

const syslog = {
  Host: text(1, 253, { pattern: /^[A-Za-z0-9.:-]+$/ }),
  Port: integer(1, 65_535).optional(),
  ...tls,
  /** A longer record is named, with its length and hash, instead of sent. Default: 8192. */
  MaxMessageBytes: integer(1_024, 262_144).optional(),
};
const http = { Url, ...tls };
const elasticsearch = { ...http, Index: text(1, 255, { pattern: /^[a-z0-9][a-z0-9._-]*$/ }) };
const archive = {
  /** One of PARAPET_AUDIT_STORES. */
  Store: text(3, 255, { pattern: /^[A-Za-z0-9._/-]+$/ }),
  /** A file is written when its first record has waited that long. Default: 60. */
  DeliverSeconds: integer(1, 3_600).optional(),
};

/** Exactly one of them. */
export const NewDestination = structure({
  /** RFC 5424 over TLS (RFC 5425), one connection for each batch. */
  Syslog: structure({ ...syslog, ...clientKey }).optional(),
  /** Lines of JSON by POST, signed: `parapet-signature: t=<seconds>,v1=<HMAC-SHA256 of "t." and the body>`. */
  Webhook: structure({ ...http, ...clientKey, HmacKey: secretText(16, 1_024) }).optional(),
  /** OTLP/HTTP logs in JSON; the path is usually /v1/logs. */
  Otlp: structure({ ...http, ...clientKey, ...authorization }).optional(),
  /** Base URL of the cluster. */
  Elasticsearch: structure({ ...elasticsearch, ...clientKey, ...authorization }).optional(),
  /** Files in the layout of CloudTrail, with signed digests every hour. */
  Archive: structure(archive).optional(),
});

const ShownDestination = structure({
  Syslog: structure(syslog).optional(),
  Webhook: structure(http).optional(),
  Otlp: structure(http).optional(),
  Elasticsearch: structure(elasticsearch).optional(),
  Archive: structure(archive).optional(),
});

/** All that are given must fit. */
export const Filter = structure({
  EventSources: list(text(1, 255), 1, 50).optional(),
  EventNames: list(text(1, 128), 1, 200).optional(),
  /** Only records of reads, or only those of all others. */
  ReadOnly: flag().optional(),
});

/** A record that the receiver never took, although it was asked again and again. */
const RefusedRecord = structure({ EventId, Position, Reason: text(1, 512), Date: timestamp() });

const ExportStatus = structure({
  /** Where the export began. */
  FirstPosition: Position,
  /** Everything before it was delivered. */
  Cursor: Position,
  LagRecords: integer(0, Number.MAX_SAFE_INTEGER),
  /** Age of the oldest record that was not delivered. */
  LagSeconds: integer(0, Number.MAX_SAFE_INTEGER),
  DeliveredRecords: integer(0, Number.MAX_SAFE_INTEGER),
  LastDeliveredDate: timestamp().optional(),
  /** Why the last attempt failed; absent: it did not. */
  LastError: text(1, 512).optional(),
  LastErrorDate: timestamp().optional(),
  NextAttemptDate: timestamp().optional(),
  RefusedRecords: integer(0, Number.MAX_SAFE_INTEGER),
  /** The newest of them. */
  NewestRefused: list(RefusedRecord, 0, 10),
});

export const Export = annotate(
  structure({
    Arn: ArnText,
    Name: ExportName,
    Description,
    Scope: oneOf(['ACCOUNT', 'ORGANIZATION']),
    State: oneOf(['ACTIVE', 'PAUSED']),
    Format: oneOf(EXPORT_FORMATS),
    Destination: ShownDestination,
    Filter,
    CreatedDate: timestamp(),
    LastChangedDate: timestamp(),
    Status: ExportStatus,
  }),
  { title: 'Export' },
);
