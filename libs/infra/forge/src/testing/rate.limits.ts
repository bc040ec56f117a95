import type { RateLimitShape } from './github.types.js';
import type { World } from './world.js';

const hourSeconds = 3600;

/** Each caller's calls of this hour, as the headers tell them. */
export class RateLimits {
  limit = 5000;
  private used = new Map<string, number>();
  private resetAt = 0;

  constructor(private readonly world: World) {}

  /** Sets what is left for everybody, e.g. 0. */
  leave(remaining: number, resetInSeconds = hourSeconds): void {
    this.used = new Map([['*', this.limit - remaining]]);
    this.resetAt = this.seconds() + resetInSeconds;
  }

  take(who: string): { headers: Record<string, string>; exceeded: boolean } {
    this.turn();
    const before = this.usedBy(who);
    const exceeded = before >= this.limit;
    if (!exceeded) this.used.set(who, before + 1);
    return { headers: this.headers(who), exceeded };
  }

  headers(who: string): Record<string, string> {
    this.turn();
    const used = this.usedBy(who);
    return {
      'X-RateLimit-Limit': String(this.limit),
      'X-RateLimit-Remaining': String(this.limit - used),
      'X-RateLimit-Used': String(used),
      'X-RateLimit-Reset': String(this.resetAt),
      'X-RateLimit-Resource': 'core',
    };
  }

  shape(who: string): RateLimitShape {
    this.turn();
    const used = this.usedBy(who);
    const core = { limit: this.limit, used, remaining: this.limit - used, reset: this.resetAt };
    return { resources: { core, search: core }, rate: core };
  }

  private usedBy(who: string): number {
    return this.used.get(who) ?? this.used.get('*') ?? 0;
  }

  private turn(): void {
    if (this.seconds() < this.resetAt) return;
    this.used.clear();
    this.resetAt = this.seconds() + hourSeconds;
  }

  private seconds(): number {
    return Math.floor(this.world.now().getTime() / 1000);
  }
}
