import { existsSync } from 'node:fs';
import Docker from 'dockerode';
import { defaultSandboxImage, GatehouseError } from '@gatehouse/contracts';

export interface DockerOptions {
  /** Unix socket of the engine. Default: the one DOCKER_HOST names, else /var/run/docker.sock. */
  dockerSocket?: string;
  /** Image of runs that name none. */
  image?: string;
}

export interface DockerProbe {
  available: boolean;
  detail: string;
  fix?: string;
}

export const defaultImage = defaultSandboxImage(process.versions.node);

const fixFor = (image: string): string =>
  image === defaultImage ? 'make sandbox-image' : `docker pull ${image}`;

export const socketOf = (options: DockerOptions): string => {
  const named = options.dockerSocket ?? (process.env['DOCKER_HOST'] || '/var/run/docker.sock');
  return named.replace(/^unix:\/\//, '');
};

export const engineOf = (options: DockerOptions): Docker =>
  new Docker({ socketPath: socketOf(options), timeout: 60_000 });

export const statusOf = (error: unknown): number | undefined => (error as { statusCode?: number }).statusCode;

/** The id of an image. Throws `sandbox.unavailable` where the engine has no such image; it is never pulled here. */
export const requireImage = async (engine: Docker, image: string): Promise<string> => {
  try {
    return (await engine.getImage(image).inspect()).Id;
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    throw new GatehouseError(
      'sandbox.unavailable',
      `The image ${image} is not on this machine. Run: ${fixFor(image)}`,
      {
        cause: error,
        details: { image, fix: fixFor(image) },
      },
    );
  }
};

/** Asks the engine, for doctor. Never throws. */
export const probeDocker = async (options: DockerOptions): Promise<DockerProbe> => {
  const socket = socketOf(options);
  const start = 'Install and start Docker: apt-get install docker.io && systemctl start docker';
  if (socket.includes('://'))
    return {
      available: false,
      detail: `${socket} is not on this machine, so it cannot see the workspaces`,
      fix: 'Unset DOCKER_HOST or name a unix socket',
    };
  if (!existsSync(socket)) return { available: false, detail: `no Docker engine at ${socket}`, fix: start };
  const engine = engineOf(options);
  const image = options.image ?? defaultImage;
  try {
    const { Version } = await engine.version();
    await requireImage(engine, image);
    return {
      available: true,
      detail: `Docker ${Version}, image ${image}, no network, no capabilities, read-only root`,
    };
  } catch (error) {
    if (error instanceof GatehouseError)
      return { available: false, detail: `the image ${image} is missing`, fix: fixFor(image) };
    const denied = (error as NodeJS.ErrnoException).code === 'EACCES';
    return {
      available: false,
      detail: `the Docker engine at ${socket} does not answer: ${(error as Error).message}`,
      fix: denied ? 'Let this user use Docker: usermod -aG docker <user>, then sign in again' : start,
    };
  }
};
