import { Link } from 'react-router';
import { paths } from '../paths.js';
import { parted } from './linked.parts.js';
import { Shown } from './Shown.js';

/** A sentence of the server; a job that it names by its id is a short link, with the id whole in the title. */
export const Linked = ({ text }: { text: string }) =>
  parted(text).map(({ text: part, jobId }, i) =>
    jobId === null ? (
      <Shown key={i} text={part} />
    ) : (
      <Link key={i} to={paths.job(jobId)} title={jobId}>
        …{jobId.slice(-6)}
      </Link>
    ),
  );
