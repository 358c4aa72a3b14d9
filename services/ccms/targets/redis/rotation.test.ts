import { describeRotationTarget } from '../testing/conformance.ts';
import { redisSubject } from '../testing/redis-subject.ts';

// Redis has no login that hides the password: AUTH sends it, over TLS.
describeRotationTarget('Redis, two passwords', () => redisSubject(), { clearTextNeverTravels: false });
