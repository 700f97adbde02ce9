"""``python -m convcli`` is the same as ``convcli``."""

if __name__ == "__main__":
    try:
        from convcli.cli import main

        main()
    except KeyboardInterrupt:  # before `main` could see to it
        raise SystemExit(130) from None
