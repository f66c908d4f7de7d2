"""What people paste into bug reports as a recorded host: the output of lspci, with hex dumps where they are there.

``lines`` cleans the text, ``reading`` says what each line tells, ``dumps`` puts the functions of one machine together,
``placing`` finds their parents, ``host`` makes files of them, ``missing`` tells what the text does not.
"""
