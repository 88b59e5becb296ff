"""The host as a whole: builds its parts, starts them, and ends them in order."""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial
from typing import Any

from agentdeck.agents.registry import Registry
from agentdeck.config.paths import Paths
from agentdeck.config.settings import Settings
from agentdeck.core.errors import AgentDeckError, RefusedError
from agentdeck.core.events import EventKind
from agentdeck.core.hook_events import BY_HOOKS
from agentdeck.core.session import Phase, Session
from agentdeck.host.answering import Answering
from agentdeck.host.batches import Batches
from agentdeck.host.checks import Checks
from agentdeck.host.composing import Composing
from agentdeck.host.creation import Creator
from agentdeck.host.findings_book import FindingsBook
from agentdeck.host.fleet_limits import FleetLimits
from agentdeck.host.git_watch import GitWatch
from agentdeck.host.handing_off import Handoffs, Terminal
from agentdeck.host.history import History
from agentdeck.host.hook_runs import Hooks
from agentdeck.host.journal import Journal
from agentdeck.host.landing import Landing
from agentdeck.host.layouts import Layouts
from agentdeck.host.limits import LimitKeeper
from agentdeck.host.listing import Listing
from agentdeck.host.merge_runs import Pendings
from agentdeck.host.notifying import Notifier
from agentdeck.host.outbox import Outbox
from agentdeck.host.outputs import Outputs
from agentdeck.host.overlaps import OverlapRadar
from agentdeck.host.pipelines import Pipelines
from agentdeck.host.pool import Pool
from agentdeck.host.preparing import Preparer
from agentdeck.host.pull_watch import PullWatch
from agentdeck.host.pulls import Pulls
from agentdeck.host.pulse import Pulse
from agentdeck.host.recordings import Recordings
from agentdeck.host.resolving import Resolver
from agentdeck.host.review_keeper import Reviews
from agentdeck.host.review_starting import ReviewStarter
from agentdeck.host.review_store import ReviewStore
from agentdeck.host.ruling import RuleKeeper
from agentdeck.host.screen_text import text_of_frame
from agentdeck.host.server import Server
from agentdeck.host.session_files import (
    read_json,
    sessions_from_folders,
    was_taken_since,
)
from agentdeck.host.sessions import Sessions
from agentdeck.host.starting import Starter
from agentdeck.host.store import Loaded, Store
from agentdeck.host.stuck import StuckWatch
from agentdeck.host.supervisor import Supervisor
from agentdeck.host.trash import Trash
from agentdeck.host.trust import Trust
from agentdeck.host.turns import Turns
from agentdeck.host.usage import UsageReader
from agentdeck.host.watchers import Watchers
from agentdeck.launch.local import LocalLauncher
from agentdeck.rpc.wire import session_to_wire

logger = logging.getLogger(__name__)


class Host:
    """All parts of the host, made from what was on disk."""

    def __init__(
        self, paths: Paths, settings: Settings, store: Store, loaded: Loaded
    ) -> None:
        self.paths = paths
        self.settings = settings
        self.store = store
        self.started_at = time.monotonic()
        self.stopping = asyncio.Event()
        self.registry = Registry(settings.agents)
        self.journal = Journal(store, loaded.last_seq)
        found = loaded.sessions
        if loaded.set_aside is not None:
            found = sessions_from_folders(paths)
        self.sessions = Sessions(self.journal, found)
        self.supervisor = Supervisor(
            paths, self.sessions, self.registry, settings.stop.grace_s
        )
        self.answering = Answering(self.sessions, self.supervisor)
        self.rules = RuleKeeper(
            self.sessions, self.supervisor, self.answering, store, settings.answers
        )
        self.stuck = StuckWatch(self.sessions, settings.status.stuck_after_s)
        self.notifier = Notifier(self.sessions, settings.notify, self._is_looked_at)
        self.notifier.on_problem = self._say_problem
        self._add_hooks()
        self.outbox = Outbox(self.sessions, self.supervisor)
        self.launcher = LocalLauncher(
            paths.runtime / "runners.sock", paths.state / "runners.log"
        )
        self.trust = Trust(store, loaded.trust)
        self.outputs = Outputs(paths)
        self.preparer = Preparer(paths, self.sessions, self.trust, self.outputs)
        starter = Starter(
            paths,
            self.sessions,
            self.supervisor,
            self.registry,
            self.launcher,
            settings,
            self.trust,
            self.preparer,
        )
        self.pool = Pool(self.sessions, self.journal, store, starter.start)
        self.pool.limit = int(loaded.pool.get("limit") or settings.pool.limit)
        self.pool.paused = loaded.pool.get("paused") == "1"
        self.creator = Creator(paths, settings, self.registry, self.sessions, self.pool)
        self.watchers = Watchers(paths, self._take_report, self._refs_moved)
        self.checks = Checks(
            paths, self.sessions, self.trust, self.outputs, settings.checks
        )
        self.git_watch = GitWatch(self.sessions, self.watchers.add_repository)
        self._add_merging(loaded)
        self._add_reviews()
        self._add_reading()
        self._attaching: set[asyncio.Task[None]] = set()
        self._loaded = loaded
        self._add_choices(loaded)
        self._add_handoffs()
        self.pipelines = Pipelines(self, loaded.runs)
        self._connect(starter)

    def _add_merging(self, loaded: Loaded) -> None:
        """Add what deals with turns, overlaps, merges and discarded work."""
        self.batches = Batches(self.store, loaded.batches)
        self.landing = Landing(
            self.sessions,
            self.batches,
            self.git_watch.refresh,
            self.checks,
            Pendings(self.paths.state / "merges"),
        )
        self.turns = Turns(
            self.sessions,
            self.supervisor,
            self.registry,
            self.settings.turns.commit,
            self.git_watch.refresh,
        )
        self.radar = OverlapRadar(self.sessions, self.paths.state / "overlaps")
        self.resolver = Resolver(
            self.sessions,
            self.registry,
            self.outbox,
            self.landing,
            self.paths.state / "overlaps" / "resolving",
        )
        self.trash = Trash(self.paths, self.sessions, self.landing)
        self.landing.discard = self.trash.discard
        self.pull_watch = PullWatch(self.sessions, self._say_news)
        self.pulls = Pulls(self.pull_watch.take)

    def _add_reviews(self) -> None:
        """Add what reviews sessions by other agents, and keeps what these found."""
        self.review_store = ReviewStore(self.store)
        self.findings = FindingsBook(self.paths, self.sessions, self.review_store)
        self.reviews = Reviews(
            self.settings.reviews,
            self.sessions,
            self.trust,
            self.review_store,
            self.findings,
            ReviewStarter(self.paths, self.creator, self.journal, self.review_store),
        )
        self.reviews.settled = self.turns.settled
        self.reviews.notice = self._say_problem
        self.findings.stop = self._stop_quietly
        self.findings.tell = self.outbox.add
        self.git_watch.on_moved = self.reviews.moved
        self.checks.on_ended = self.reviews.consider
        self.pull_watch.on_taken = self.reviews.consider
        self.watchers.on_findings = self.findings.look

    def _add_reading(self) -> None:
        """Add what reads what sessions printed, said and cost."""
        self.recordings = Recordings(self.paths, self.supervisor)
        self.history = History(
            self.paths,
            self.sessions,
            self.supervisor,
            self.launcher,
            self.registry,
            journal=self.journal,
            store=self.store,
        )
        self.usage = UsageReader(self.sessions, self.registry)
        self.limits = LimitKeeper(self.sessions, self.supervisor)

    def _add_hooks(self) -> None:
        """Add the person's commands, told what happens from now on, and the limits."""
        self.fleet = FleetLimits(
            self.paths, self.sessions, self.supervisor, self.settings.mcp
        )
        self.hooks = Hooks(self.paths, self.settings.hooks, self._say_of_hook)
        self.hooks.know([session_to_wire(session) for session in self.sessions])
        self.journal.on_told = self.hooks.told

    def _add_choices(self, loaded: Loaded) -> None:
        """Add what people chose in clients and find again in the next one."""
        self.layouts = Layouts(self.store, loaded.layouts)
        self.listing = Listing(self.store, self.journal, loaded.listing)
        self.composing = Composing(
            self.paths, self.store, loaded.prompts, loaded.choices
        )

    def _add_handoffs(self) -> None:
        """Add what continues one session as another."""
        self.handoffs = Handoffs(
            self.sessions,
            self.registry,
            self.creator,
            self.outbox,
            Terminal(
                self.history.text_logs.lines_of, partial(self.screen_of, ansi=False)
            ),
            partial(self.stop_session, force=False),
        )

    def _connect(self, starter: Starter) -> None:
        """Let each part tell the ones that follow from what it saw."""
        starter.on_worktree = self._worktree_made
        self.outbox.before_sending = self.turns.settled
        self.sessions.judge = self.rules.judge
        self.rules.on_left = self._activity_changed
        self.sessions.on_activity = self._activity_changed
        self.supervisor.on_output = self.stuck.output
        self.git_watch.on_read = self._was_read
        self.trash.before = self._before_discard
        self.sessions.on_phase = self._phase_changed
        self.sessions.on_news = self.pipelines.heard
        self.outbox.on_sent = self.pipelines.sent
        self.pipelines.on_needs = self._run_needs
        self.resolver.resume = self.resume_session
        self.resolver.refresh = self.git_watch.refresh
        self.trash.refill = self.preparer.refill
        self.preparer.on_long = self.pool.takes_long
        self.preparer.notice = self._say_problem
        self.checks.prepare_with(self.preparer.bring_into)
        self.usage.on_read = self.limits.consider
        self.supervisor.on_live = self._came_live
        self.supervisor.on_linked = self._linked
        self.watchers.written = self.journal.written
        self.supervisor.on_settled = self._read_again
        self.supervisor.on_over = self._is_over
        self.supervisor.lines.somebody_looks = lambda: self.journal.has_subscribers

    async def run(self, server: Server) -> None:
        """Adopt what runs, serve clients, and end when asked to."""
        journal = asyncio.create_task(self.journal.run(), name="journal")
        watching = asyncio.create_task(self.watchers.run(), name="watchers")
        pulse = asyncio.create_task(
            Pulse(self.journal, self.sessions).run(), name="pulse"
        )
        try:
            self._say_what_was_set_aside()
            await self._take_up()
            async with server.serving():
                warm = asyncio.create_task(self._warm_up(), name="warm-up")
                await self.stopping.wait()
                warm.cancel()
                await asyncio.gather(warm, return_exceptions=True)
        finally:
            pulse.cancel()
            await asyncio.gather(pulse, return_exceptions=True)
            await self._end(journal, watching)

    async def stop_session(self, session: Session, *, force: bool) -> None:
        """Stop a session, wherever in its life it is.

        Raises:
            AgentDeckError: If it is over already.
        """
        if session.phase is Phase.PREPARING:
            await self.preparer.stop(session.id)
            await self.pool.until_settled(session.id)
            self.preparer.stop_is_over(session.id)
            session = self.sessions.session(session.id)
            if session.is_over:
                return
        if session.is_over:
            raise AgentDeckError(f"{session.name} is over already.")
        if session.phase is Phase.QUEUED:
            self.sessions.move(session.id, Phase.ENDED, "stopped before it started")
            return
        self.supervisor.stop(session, force=force)

    def resume_session(self, session: Session) -> None:
        """Queue a session that is over to start again where it was.

        Raises:
            RefusedError: If it is not over.
        """
        if not session.is_over:
            raise RefusedError(
                f"{session.name} is {session.phase.value}; only a session that "
                "is over can be resumed."
            )
        self.limits.renew(session)
        self.sessions.move(session.id, Phase.QUEUED)
        self.sessions.change(session.id, exit_code=None, unread=False)
        self.pool.kick()

    async def screen_of(self, session: Session, *, ansi: bool) -> dict[str, Any]:
        """A session's screen as text: as it is now, or as it was at the end.

        Raises:
            AgentDeckError: If it has none.
        """
        live = self.supervisor.live(session.id)
        if live is not None and live.link is not None:
            answer = await live.link.ask({"t": "screen", "ansi": ansi})
            return {**answer, "live": True}
        file = self.paths.session_dir(session.id) / "screen.json"
        frame = await asyncio.to_thread(read_json, file)
        if frame is None:
            raise AgentDeckError(
                f"{session.name} has no screen: it is {session.phase.value}"
                f"{': ' + session.reason if session.reason else ''}."
            )
        return {**text_of_frame(frame, ansi=ansi), "live": False}

    async def _take_up(self) -> None:
        await self.review_store.load()
        for session in self.sessions:
            if session.phase is Phase.PREPARING:
                folder = self.paths.session_dir(session.id)
                has_runner = self.paths.runner_socket(session.id).exists()
                has_runner |= was_taken_since(folder, session.started_at)
                phase = Phase.RUNNING if has_runner else Phase.QUEUED
                self.sessions.move(session.id, phase)
        await self.checks.take_up()
        self.preparer.take_up()
        await self.supervisor.adopt()
        for session in self.sessions:
            self.limits.consider(session)
        for repo in {session.repo for session in self.sessions}:
            self._attach(repo)
        for text in await self.landing.settle():
            self.journal.record(EventKind.NOTICE, {"level": "info", "text": text})
        await self.trash.expire()
        await self.turns.take_up()
        await self.reviews.take_up()
        await self.findings.tidy()
        self.pull_watch.start()
        await self.composing.expire_images(i for s in self.sessions for i in s.images)
        await self.pipelines.take_up()
        self.pool.kick()

    async def _warm_up(self) -> None:
        try:
            await self.launcher.warm_up()
        except AgentDeckError as error:
            logger.warning("launcher_not_warm: %s", error)

    async def _end(
        self, journal: asyncio.Task[None], watching: asyncio.Task[None]
    ) -> None:
        await self.hooks.close()
        await self.pipelines.close()
        await self.landing.close()
        await self.reviews.close()
        await asyncio.gather(self.pool.close(), self.preparer.close())
        self.limits.close()
        await self.checks.close()
        await self.outbox.close()
        await self.turns.close()
        await self.resolver.close()
        await self.radar.close()
        await self.pull_watch.close()
        await self.rules.close()
        await self.stuck.close()
        await self.notifier.close()
        await self.supervisor.close()
        watching.cancel()
        await asyncio.gather(watching, *self._attaching, return_exceptions=True)
        await self.usage.close()
        await self.git_watch.close()
        await self.history.close()
        await self.launcher.close()
        journal.cancel()
        await asyncio.gather(journal, return_exceptions=True)
        await self.store.close()

    def _attach(self, repo: str) -> None:
        task = asyncio.create_task(self.git_watch.attach(repo), name="attach")
        self._attaching.add(task)
        task.add_done_callback(self._attaching.discard)

    def _worktree_made(self, session: Session) -> None:
        self._attach(session.repo)
        self.git_watch.refresh(session.id)

    def _was_read(self, session_id: str) -> None:
        self.checks.files_read(session_id)
        self.radar.consider(session_id)
        self.resolver.look(session_id)

    def _phase_changed(self, session: Session) -> None:
        self.pool.kick()
        self.limits.consider(session)
        self.handoffs.phase_changed(session)
        self.reviews.changed(session)
        if self.sessions.find(session.id) is None:
            self.radar.gone(session)

    def _read_again(self, session_id: str) -> None:
        """Its output settled or it ended: its files and its record may have changed."""
        self.git_watch.refresh(session_id)
        self.usage.refresh(session_id)
        live = self.supervisor.live(session_id)
        if live is None:
            self.stuck.forget(session_id)
        elif live.runner_pid is not None:
            self.stuck.settled(session_id, live.runner_pid)

    def _is_over(self, session_id: str) -> None:
        self.turns.ended(session_id)
        self._read_again(session_id)

    def _came_live(self, session_id: str) -> None:
        self.watchers.read_inbox(session_id)
        self.rules.take_up(session_id)

    def _linked(self, session_id: str) -> None:
        """What waited for its rest while no host ran goes out now."""
        session = self.sessions.find(session_id)
        if session is not None:
            self.outbox.consider(session)

    def _is_looked_at(self, session_id: str) -> bool:
        live = self.supervisor.live(session_id)
        return live is not None and live.viewers > 0

    def _say_news(self, text: str) -> None:
        self.journal.record(EventKind.NOTICE, {"level": "info", "text": text})

    def _say_problem(self, text: str) -> None:
        self.journal.record(EventKind.NOTICE, {"level": "warning", "text": text})

    def _say_of_hook(self, text: str) -> None:
        data: dict[str, object] = {"level": "warning", "text": text, "by": BY_HOOKS}
        self.journal.record(EventKind.NOTICE, data)

    def _run_needs(self, text: str) -> None:
        self.journal.record(EventKind.NOTICE, {"level": "warning", "text": text})
        self.notifier.say(text)

    def _activity_changed(self, session: Session) -> None:
        self.notifier.consider(session)
        self.turns.consider(session)
        self.outbox.consider(session)
        self.stuck.activity_changed(session)
        self.checks.activity_changed(session)
        self.reviews.changed(session)

    def _stop_quietly(self, session: Session, reason: str) -> None:
        try:
            self.supervisor.stop(session, force=False, reason=reason)
        except AgentDeckError as error:
            logger.info("not_stopped: %s", error)

    async def _before_discard(self, session: Session) -> None:
        await self.checks.cancel(session.id)
        await self.turns.settled(session.id)
        await self.preparer.tear_down(session)
        self.outputs.forget(session.id)

    def _take_report(self, session_id: str, report: dict[str, Any]) -> bool:
        live = self.supervisor.live(session_id)
        if live is None:
            session = self.sessions.find(session_id)
            return session is None or not session.is_live
        said = live.witness.hook(report)
        if said is not None:
            self.history.chronicle.hooked(session_id, said.detail)
        return True

    def _refs_moved(self, git_dir: Any, changed: set[str]) -> None:
        self.git_watch.refresh_repository(git_dir, changed)

    def _say_what_was_set_aside(self) -> None:
        aside = self._loaded.set_aside
        if aside is None:
            return
        text = (
            "AgentDeck's state could not be read, so it was kept as "
            f"{aside} and {len(self.sessions)} sessions were found again in their "
            "folders."
        )
        logger.error("state_set_aside: %s", text)
        self.journal.record(EventKind.NOTICE, {"level": "warning", "text": text})
