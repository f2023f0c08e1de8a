"""Roundcube, as Debian packages it, on an instance, and a browser to sit at it.

    with Roundcube(instance, folder) as roundcube, Browser(folder) as browser:
        browser.driver.get(roundcube.url)

Both keep all they write in `folder`; Roundcube's log of its conversations is `folder`/logs/imap.log."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess

from selenium import webdriver
from selenium.common.exceptions import (ElementClickInterceptedException, ElementNotInteractableException,
                                        StaleElementReferenceException, TimeoutException, WebDriverException)
from selenium.webdriver.chrome.service import Service

from posthouse_test import PATIENCE, eventually

PAGES = pathlib.Path("/var/lib/roundcube/public_html")
DEFAULTS = pathlib.Path("/etc/roundcube")


class Roundcube:
    def __init__(self, instance, folder, settings=""):
        """`settings` are further lines of its configuration, in PHP."""
        self.folder = folder
        for name in ("config", "logs", "temp"):
            (folder / name).mkdir(parents=True)
        for name in ("defaults.inc.php", "mimetypes.php"):
            (folder / "config" / name).symlink_to(DEFAULTS / name)
        trusted = f"['ssl' => ['verify_peer' => true, 'cafile' => '{instance.certificate}', 'peer_name' => 'localhost']]"
        (folder / "config" / "config.inc.php").write_text(f"""<?php
$config = [
    'db_dsnw' => 'sqlite:///{folder}/roundcube.sqlite?mode=0600',
    'des_key' => 'of-this-test-and-no-more',
    'imap_host' => 'ssl://127.0.0.1:{instance.port("imaps")}', 'imap_conn_options' => {trusted}, 'imap_debug' => true,
    'smtp_host' => 'ssl://127.0.0.1:{instance.port("submissions")}', 'smtp_conn_options' => {trusted}, 'smtp_debug' => true,
    'smtp_user' => '%u', 'smtp_pass' => '%p',
    'temp_dir' => '{folder}/temp', 'log_dir' => '{folder}/logs', 'log_driver' => 'file',
    'language' => 'en_US', 'skin' => 'elastic', 'create_default_folders' => true, 'refresh_interval' => 0,
];
{settings}
""")
        self.port = instance.ports.base + 1
        self.url = f"http://127.0.0.1:{self.port}/"

    def __enter__(self):
        with (self.folder / "logs" / "php.log").open("wb") as log:
            self.php = subprocess.Popen(
                ["php", "-S", f"127.0.0.1:{self.port}", "-t", PAGES, "-d", f"session.save_path={self.folder}/temp",
                 "-d", f"upload_tmp_dir={self.folder}/temp", "-d", f"error_log={self.folder}/logs/php-errors.log"],
                env={**os.environ, "ROUNDCUBE_CONFIG_DIR": f"{self.folder}/config/", "PHP_CLI_SERVER_WORKERS": "4"},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        eventually(self.listens, "Roundcube listens")
        return self

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def __exit__(self, *_):
        os.killpg(self.php.pid, signal.SIGKILL)
        self.php.wait(PATIENCE)

    def log(self, name="imap"):
        path = self.folder / "logs" / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""


# Elements of a selector that are shown, of them those with just this text.
SHOWN = """[...document.querySelectorAll(arguments[0])].filter(
    one => one.getClientRects().length && (arguments[1] === null || one.innerText.trim() === arguments[1]))"""
WAIT = """
const done = arguments[arguments.length - 1], given = [...arguments].slice(0, -1);
const condition = function() { %s };
const look = function() {
    let value = null;
    try { value = condition.apply(null, given); } catch (error) { }
    if (value) done(value); else setTimeout(look, 20);
};
look();"""


class Browser:
    """Chromium without a window. Whoever looks for something waits until it is there, and the waiting is done in the page."""

    def __init__(self, folder):
        self.downloads = folder / "downloads"
        self.downloads.mkdir(parents=True)
        options = webdriver.ChromeOptions()
        for argument in ("--headless", "--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-gpu",
                         "--window-size=1400,900", f"--user-data-dir={folder}/chromium"):
            options.add_argument(argument)
        options.add_experimental_option("prefs", {"download.default_directory": str(self.downloads)})
        environment = {**os.environ, "HOME": str(folder), "no_proxy": "*"}
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver", env=environment), options=options)
        self.driver.set_script_timeout(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def script(self, text, *arguments):
        return self.driver.execute_script(text, *arguments)

    def wait(self, condition, *arguments):
        """Until `condition`, the body of a function in JavaScript, returns something true; what it returns."""
        def look():
            try:
                return self.driver.execute_async_script(WAIT % condition, *arguments)
            except WebDriverException as error:  # another page came meanwhile
                if isinstance(error, TimeoutException):
                    raise AssertionError(f"not within {PATIENCE} s: {condition} {arguments}") from error
                return None
        return eventually(look, condition)

    def one(self, selector, text=None):
        return self.wait(f"return {SHOWN}[0]", selector, text)

    def gone(self, selector, text=None):
        self.wait(f"return !{SHOWN}.length", selector, text)

    def texts(self, selector):
        """What stands in the elements that are shown."""
        return self.script(f"return {SHOWN}.map(one => one.innerText.trim())", selector, None)

    def click(self, selector, text=None):
        def clicked():
            with contextlib.suppress(StaleElementReferenceException, ElementNotInteractableException, ElementClickInterceptedException):
                self.one(selector, text).click()
                return True
        eventually(clicked, f"{selector} {text or ''} can be clicked")

    def type(self, selector, text):
        field = self.one(selector)
        field.clear()
        field.send_keys(text)

    def screenshot(self, path):
        self.driver.save_screenshot(str(path))
