import { GatehouseError } from '@gatehouse/contracts';
import { webhookSecrets } from '@gatehouse/forge';
import { PlaneSettings } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { readFile, stat } from 'node:fs/promises';

const howTo =
  'Write a long random text into a file, name it in GATEHOUSE_GITHUB_WEBHOOK_SECRET_FILE, and give the same text to GitHub as the secret of the webhook. See docs/webhooks.md.';

/** The secrets that deliveries are signed with, read again when their file changes. */
@Injectable()
export class WebhookSecrets {
  #read: { readonly stamp: string; readonly secrets: readonly string[] } | undefined;

  constructor(private readonly plane: PlaneSettings) {}

  /** At least one. Throws `webhook.not_configured`. */
  async current(): Promise<readonly string[]> {
    const file = this.plane.settings.GATEHOUSE_GITHUB_WEBHOOK_SECRET_FILE;
    if (file === undefined)
      throw new GatehouseError('webhook.not_configured', `Webhooks are not set up here. ${howTo}`);
    let secrets: readonly string[];
    try {
      const { mtimeMs, ctimeMs, size, ino } = await stat(file);
      const stamp = [mtimeMs, ctimeMs, size, ino].join();
      if (this.#read?.stamp !== stamp)
        this.#read = { stamp, secrets: webhookSecrets(await readFile(file, 'utf8')) };
      ({ secrets } = this.#read);
    } catch (cause) {
      throw new GatehouseError(
        'webhook.not_configured',
        `The file of the webhook secret cannot be read by uid ${process.getuid?.() ?? 0}. ${howTo}`,
        { cause },
      );
    }
    if (secrets.length === 0)
      throw new GatehouseError('webhook.not_configured', `The file of the webhook secret is empty. ${howTo}`);
    return secrets;
  }
}
