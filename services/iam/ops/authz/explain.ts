import { deniedSentence, isAllowed, judge } from '../../../../platform/authz/authorize.ts';
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Call } from '../../../../platform/runtime/call.ts';
import { type AuthorizationRequest, explain as explainRequest } from '../../../../policies/engine/index.ts';
import { Explain } from '../../api/explain.ts';
import { ContextKeySpelling, policiesIn } from '../../domain/context-key-spelling.ts';
import { decidingDocuments, explainedLayers, verdictOf } from '../../domain/explanation.ts';
import { implement } from '../implement.ts';
import { allowSentence, askedOf, failure, shownDecision, shownLayers } from './decide.ts';
import { knownResources } from './resource-facts.ts';
import { aboutSubject } from './subject.ts';

export const explain = implement(Explain, {
  resolve: (call, input, deps) => aboutSubject(call, deps, input.Principal),
  async run(call, input, subject, deps) {
    const namespaces = await deps.namespaces.of(call.caller.accountId);
    const known = await knownResources(call, deps, [input.Resource]);
    const asking = { now: call.now, namespaces, known, organization: call.organization };
    const asked = askedOf(deps, subject, input, asking);
    if ('code' in asked) throw failure(call, asked);
    const check = judge(asked.request, asked.layers, call.organization);
    const layers = shownLayers(asked, check, call.organization);
    const explanation = explainRequest(asked.request, layers);
    const allowed = isAllowed(check);
    return {
      ...verdictOf(shownDecision(asked, check, call.organization), allowed),
      Message: allowed ? allowSentence(check.decision) : deniedSentence(check, call.organization, true),
      ...(check.decision.impliedBy && { ImpliedBy: check.decision.impliedBy }),
      Layers: explainedLayers(explanation, layers),
      Documents: decidingDocuments(explanation, layers),
      MissingContextKeys: new ContextKeySpelling(policiesIn(layers)).of(explanation.missingContextKeys),
      Context: shownContext(call, asked.request),
      PolicyVersion: subject.principal.snapshot.Version,
      BlockedByOwnerState: check.ownerState !== undefined,
    };
  },
});

/** SECURITY: where another account stands is told to members of the organization only, its state to nobody. */
function shownContext({ caller, organization }: Call<AnyOperation>, request: AuthorizationRequest) {
  const isForeign = request.resourceAccount !== caller.accountId;
  const hidden = (key: string) =>
    isForeign &&
    (key === 'parapet:accountstate' || (key.startsWith('aws:resourceorg') && !organization.isMember(caller.accountId)));
  const shown = [...request.context].filter(([key]) => !hidden(key));
  return Object.fromEntries(shown.sort(([a], [b]) => (a < b ? -1 : 1)));
}
