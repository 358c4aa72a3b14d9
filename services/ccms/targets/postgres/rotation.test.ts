import { describeRotationTarget } from '../testing/conformance.ts';
import { postgresSubject } from '../testing/postgres-subject.ts';

describeRotationTarget('PostgreSQL, alternating users', () => postgresSubject(), { clearTextNeverTravels: true });
