"""What an app does with SQLAlchemy: PLAIN are statements that it composes, RAW such with a text in
them that is not the app's own, here that of v."""
import os

from sqlalchemy import Column, Float, ForeignKey, Integer, String, create_engine, func, insert, literal_column, or_, select, text
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.orm import Session, declarative_base, joinedload, relationship
from sqlalchemy.pool import StaticPool

Base = declarative_base()


class Shelf(Base):
    __tablename__ = "shelf"
    id = Column(Integer, primary_key=True)
    name = Column(String)


class Good(Base):
    __tablename__ = "good"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    sku = Column(String, unique=True)
    price = Column(Float)
    shelf_id = Column(ForeignKey("shelf.id"))
    shelf = relationship(Shelf, backref="goods")


def opened():
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    session = Session(engine)
    session.add_all([Good(name="pear", sku="1", price=2), Good(name="fig", sku="2", price=3)])
    session.commit()
    return session


def changed(s):
    good = s.query(Good).first()
    good.name = "quince"
    s.flush()
    s.delete(good)
    s.flush()


def upserted(s, rows):
    made = upsert(Good).values(rows)
    s.execute(made.on_conflict_do_update(index_elements=["sku"], set_={"name": made.excluded.name}))


PLAIN = {
    "count": lambda s: s.query(Good).filter(Good.name.contains("n1")).filter(Good.price > 3).count(),
    "exists": lambda s: s.query(s.query(Good).filter(func.lower(Good.name) == "x").exists()).scalar(),
    "max": lambda s: s.query(func.max(Good.id)).scalar(),
    "update of many": lambda s: s.query(Good).filter(Good.id == 1).update({Good.price: func.coalesce(Good.price, 0) + 1}),
    "insert": lambda s: (s.add(Good(name="x", sku="9")), s.flush()),
    "inserts": lambda s: s.execute(insert(Good), [{"name": "x", "sku": "a"}, {"name": "y", "sku": "b"}]),
    "upsert": lambda s: upserted(s, [{"name": "x", "sku": "a"}, {"name": "y", "sku": "b"}]),
    "update and delete": changed,
    "a page of a search": lambda s: s.query(Good).options(joinedload(Good.shelf)).join(Shelf, isouter=True).filter(
        or_(Good.name.ilike("%x%"), Good.sku.in_(["a", "b"]))).order_by(Good.price.desc()).limit(5).offset(2).all(),
    "the app's own text": lambda s: s.query(Good).filter(text("name <> '' OR price > 3")).order_by(text("lower(name), id")).all(),
    "a label with a blank": lambda s: s.execute(select(Good.name.label("The name"))).all(),
    "a column by its name": lambda s: s.query(Good).order_by(literal_column(os.path.basename("x/price"))).all(),
}
RAW = {  # with what works there, but for "_", which keeps it from being a text of this code
    "filter": (lambda s, v: s.query(Good).filter(text(v)).all(), "id_=_5_OR_id_=_id"),
    "order by": (lambda s, v: s.query(Good).order_by(text(v)).all(), "(select_name_from_shelf)"),
    "literal column": (lambda s, v: s.execute(select(literal_column(v))).all(), "(select_name_from_shelf)"),
    "operator": (lambda s, v: s.query(Good).filter(Good.name.op(v)("x")).all(), "o_r"),
    "prefix": (lambda s, v: s.execute(select(Good.id).prefix_with(v)).all(), "(select_name_from_shelf)_,"),
    "hint": (lambda s, v: s.execute(select(Good.id).with_statement_hint(v)).all(), "where_id"),
    "whole": (lambda s, v: s.execute(text(v)).all(), "select_name_from_shelf_where_id_=_id"),
    "no compiler": (lambda s, v: s.connection().exec_driver_sql(v).all(), "select_name_from_shelf_where_id_=_id"),
}
