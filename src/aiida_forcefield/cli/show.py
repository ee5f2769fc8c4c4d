"""``aiida-forcefield show``: the results of a study."""

import click


@click.command()
@click.argument("pk", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all digits.")
@click.pass_obj
def show(profile: str, pk: int, as_json: bool) -> None:
    """Show parameters, charges and predicted properties of study PK."""
    import json

    from rich.console import Console

    from aiida_forcefield.cli.terminal.results import print_results
    from aiida_forcefield.study.aiida_profile import find_study, load
    from aiida_forcefield.study.results import collect_results

    load(profile)
    results = collect_results(find_study(pk))
    if as_json:
        click.echo(json.dumps(results, indent=2, ensure_ascii=False))
    else:
        print_results(results, Console())
