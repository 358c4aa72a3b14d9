/**
 * The public shapes of the policy engine: what a caller hands in (policies, a request, the layers that
 * bind it) and what comes back (a decision, an explanation, findings). Types only, no behaviour.
 */

/** What a document is attached to; the grammar differs per kind (which elements are required or refused). */
export type PolicyKind = 'identity' | 'boundary' | 'session' | 'scp' | 'rcp' | 'resource' | 'trust' | 'endpoint';

/** The front-end grammar. One today; a second one compiles to the same statements. */
export type Dialect = 'aws';

export type Severity = 'error' | 'security-warning' | 'warning' | 'suggestion';

/** One remark about a document. `pointer` is RFC 6901; `line` and `column` are 1-based, in UTF-16 code units. */
export interface Finding {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly pointer: string;
  readonly line: number;
  readonly column: number;
  readonly hint?: string;
}

/** Where a document comes from; repeated in every decision that rests on it. */
export interface PolicySource {
  readonly arn: string;
  readonly version?: string;
  readonly kind: PolicyKind;
  readonly name?: string;
  /** Id of the root, organizational unit or account that an SCP or RCP is attached to. */
  readonly ouLevel?: string;
  /** The enterprise project that the policy is granted in; absent: it is not confined to one. */
  readonly enterpriseProjectId?: string;
  /** Only for documents shipped with the product: lets the full-access RCP be an Allow. */
  readonly builtIn?: boolean;
}

/** Names one statement of one document. */
export interface StatementRef {
  readonly policyArn: string;
  readonly version?: string;
  readonly policyName?: string;
  /** Names the grant of the policy in one enterprise project. */
  readonly enterpriseProjectId?: string;
  readonly sid?: string;
  readonly statementIndex: number;
  readonly line: number;
  readonly column: number;
  /** Line and column behind the closing brace. */
  readonly endLine: number;
  readonly endColumn: number;
}

/**
 * `federated-identity` is somebody whom an identity provider vouches for and who is not yet a principal of an
 * account (the caller of AssumeRoleWithWebIdentity or AssumeRoleWithSAML).
 */
export type PrincipalKind =
  | 'user'
  | 'root'
  | 'assumed-role'
  | 'federated-user'
  | 'federated-identity'
  | 'service'
  | 'anonymous';

/** The caller, as authentication established it. Condition keys about the caller go into the context map. */
export interface PrincipalFacts {
  readonly kind: PrincipalKind;
  /** User ARN, root ARN, session ARN (assumed role, federated user), service principal name, or `*` for anonymous. */
  readonly arn: string;
  /** Twelve digits; the empty string for service, anonymous and federated-identity callers. */
  readonly accountId: string;
  /** Unique id of the user (AIDA...) or of the role behind the session (AROA..., without the session name). */
  readonly uniqueId?: string;
  /** ARN of the role, with its path: assumed-role sessions only. */
  readonly roleArn?: string;
  /** Defaults to `arn`. */
  readonly sessionArn?: string;
  /** ARN of the user who called GetFederationToken: federated-user sessions only. */
  readonly userArn?: string;
  /** Provider ARN or URL: federated-identity callers only. */
  readonly federatedProvider?: string;
  readonly isServiceLinkedRole?: boolean;
  /** True when a permissions boundary is set, also when the boundary layer itself is not passed. */
  readonly hasBoundary?: boolean;
}

/** Lower-case key to value. A string is a single-valued key, an array a multivalued one (also with 0 or 1 element). */
export type ContextMap = ReadonlyMap<string, string | readonly string[]>;

export interface AuthorizationRequest {
  readonly principal: PrincipalFacts;
  /** `service:Name`, any letter case. */
  readonly action: string;
  /** The ARN of the resource, or `*` for actions that act on no particular resource. */
  readonly resource: string;
  /** Account that owns the resource. Default: the account in the ARN, else the caller's own. */
  readonly resourceAccount?: string;
  readonly context: ContextMap;
}

/** In the order in which implicit denials are reported. */
export type LayerName = 'rcp' | 'scp' | 'endpoint' | 'resource' | 'identity' | 'boundary' | 'session';

export interface Decision {
  readonly effect: 'allow' | 'deny';
  readonly reason: 'explicit-deny' | 'implicit-deny' | 'allow' | 'error';
  /** The denying layer, or for `allow` the layer that granted. */
  readonly layer?: LayerName;
  /** The organization level that denied, for `rcp` and `scp`. */
  readonly level?: { readonly id: string; readonly name: string };
  /** The statements the decision rests on: the first deny found, or the grants that were needed. */
  readonly matched: readonly StatementRef[];
  /** Set when a grant comes from no document: the account's root user. */
  readonly impliedBy?: 'root-user';
}

/** One layer (or one organization level of a layer) as the explanation shows it. */
export interface LayerExplanation {
  readonly layer: LayerName;
  readonly level?: { readonly id: string; readonly name: string };
  readonly outcome: 'explicit-deny' | 'allow' | 'implicit-deny';
  readonly denies: readonly StatementRef[];
  readonly allows: readonly StatementRef[];
  /** For the resource layer: at which levels the caller is named by the applying Allow statements. */
  readonly grantedTo?: readonly ('direct' | 'role' | 'account')[];
}

export interface Explanation {
  readonly decision: Decision;
  readonly layers: readonly LayerExplanation[];
  /** Every applying Deny of every layer, in reporting order. */
  readonly explicitDenies: readonly (StatementRef & { readonly layer: LayerName })[];
  /** The first layer in reporting order whose silence denies; absent when the request is allowed. */
  readonly implicitLayer?: LayerName;
  /** Keys that an otherwise matching statement asked for and the request did not carry, sorted, lower case. */
  readonly missingContextKeys: readonly string[];
}
